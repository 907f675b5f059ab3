/* The driver's side of a virtio-net PCI function: transport (modern or legacy) and split rings. */
#ifndef VIRTIO_H
#define VIRTIO_H
#include "base.h"

enum { NET_CSUM = 0, NET_GUEST_CSUM = 1, NET_GUEST_TSO4 = 7, NET_GUEST_TSO6 = 8, NET_HOST_TSO4 = 11, NET_HOST_TSO6 = 12,
       NET_MRG_RXBUF = 15, RING_EVENT_IDX = 29, VERSION_1 = 32 };
#define BIT(n) (1ul << (n))

struct desc      { u64 addr; u32 len; u16 flags, next; };
enum { DESC_NEXT = 1, DESC_WRITE = 2 };
struct avail     { u16 flags, idx, ring[]; };
struct used_elem { u32 id, len; };
struct used      { u16 flags, idx; struct used_elem ring[]; };
struct net_hdr   { u8 flags, gso_type; u16 hdr_len, gso_size, csum_start, csum_offset, num_buffers; };

struct queue {
    volatile struct desc *desc;
    volatile struct avail *avail;
    volatile struct used *used;
    u16 size, index;
    u16 avail_idx, used_idx; /* what we have posted, and seen used */
    int event_idx;
    u64 notify;              /* port (legacy) or address (modern) */
    int notify_is_port;
    u64 kicks;
    volatile u64 *irqs;      /* counts its interrupts, */
    u64 irqs_seen;           /* of which we know these */
    int missed;              /* something came between the last look and the request for an interrupt: none will tell */
};

/* A transport, as a table: everything that differs between legacy and modern registers. */
struct transport {
    const char *name;
    void (*probe)(int slot);
    u8   (*get_status)(void);
    void (*set_status)(u8 status);
    u64  (*device_features)(void);
    void (*accept)(u64 features);
    u16  (*queue_setup)(struct queue *q, u16 size, u16 vector); /* gives the queue its memory; returns its size */
    int  bar;
    u16  isr_port;     /* where the ISR is, once probed: a port or an address */
    u64  isr_address;
};

extern struct transport modern, legacy;

struct device {
    struct transport *t;
    int slot;
    u64 memory;        /* where its rings and headers are, from RINGS and HEADERS on */
    u64 pool;          /* where its receive buffers are */
    u64 offered, features;
    u32 header;        /* bytes of net_hdr in front of a frame: 10 or 12 */
    int irq;           /* 0 polling, 1 MSI-X, 2 INTx */
    struct queue rx, tx;
};

#define HEADERS 0x2000000ul
#define RINGS   0x3000000ul                       /* a megabyte for each queue */
#define RING_ROOM 0x100000ul
#define POOL    0x4000000ul

void device_find(struct device *d, int unit);     /* the unit-th virtio function; its memory does not overlap the others' */
void device_open(struct device *d);              /* negotiates, sets both queues up */
void device_report(struct device *d);            /* prints what was negotiated */
void device_move(struct device *d);               /* gives the BAR that the transport uses another address */
void device_start(struct device *d);             /* DRIVER_OK */
void queue_place(struct queue *q, u16 size);      /* the ring's memory, legacy layout, from q->desc on */
void queue_post(struct queue *q, u16 head);       /* puts a chain into the available ring, not yet visible */
void queue_publish(struct queue *q);              /* makes what was posted visible and kicks if asked to */
#endif
