/* What every part of the payload needs: types, port and memory access, output, options. */
#ifndef BASE_H
#define BASE_H

typedef unsigned char  u8;
typedef unsigned short u16;
typedef unsigned int   u32;
typedef unsigned long  u64;

static inline void outb(u16 port, u8 v)  { asm volatile("outb %0, %1" :: "a"(v), "Nd"(port)); }
static inline void outw(u16 port, u16 v) { asm volatile("outw %0, %1" :: "a"(v), "Nd"(port)); }
static inline void outl(u16 port, u32 v) { asm volatile("outl %0, %1" :: "a"(v), "Nd"(port)); }
static inline u8  inb(u16 port) { u8 v;  asm volatile("inb %1, %0" : "=a"(v) : "Nd"(port)); return v; }
static inline u16 inw(u16 port) { u16 v; asm volatile("inw %1, %0" : "=a"(v) : "Nd"(port)); return v; }
static inline u32 inl(u16 port) { u32 v; asm volatile("inl %1, %0" : "=a"(v) : "Nd"(port)); return v; }

static inline u64 rdtsc(void) { u32 a, d; asm volatile("rdtsc" : "=a"(a), "=d"(d) :: "memory"); return a | (u64)d << 32; }
static inline void pause(void) { asm volatile("pause" ::: "memory"); }
/* x86 keeps stores in order, so a compiler barrier is a write barrier ... */
static inline void barrier(void) { asm volatile("" ::: "memory"); }
/* ... but a load may pass an earlier store: this fence stands between publishing an index and reading the other side's. */
static inline void fence(void) { asm volatile("lock; addl $0, (%%rsp)" ::: "memory", "cc"); }

void *memset(void *d, int c, u64 n);
void *memcpy(void *d, const void *s, u64 n);

void print(const char *s);
void print_hex(u64 v);
void print_kv(const char *key, u64 v);
void finish(u8 status) __attribute__((noreturn));          /* says END and leaves the machine */
void fail(const char *why) __attribute__((noreturn));

void options_load(void);                                   /* finds the command line */
u64 option(const char *key, u64 otherwise);                /* key=number, decimal or 0x */
int has(const char *word);                                 /* the word stands alone on the command line */
u64 tsc_khz(void);

#endif
