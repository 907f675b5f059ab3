#include "jobs.h"
#include "interrupts.h"

enum { COM1 = 0x3f8, IER = 1, MCR = 4, LSR = 5, DTR_RTS = 3, DATA_READY = 1 };

static u8 listen(void)
{
    while (!(inb(COM1 + LSR) & DATA_READY))
        pause();
    return inb(COM1);
}

void talk_run(const char *greeting)
{
    outb(COM1 + MCR, DTR_RTS);
    print(greeting);
    for (u8 c; (c = listen()) != '.';) {
        if (c == '!')
            outb(0xcf9, 6);
        outb(COM1, c >= 'a' && c <= 'z' ? c - 32 : c);
    }
}

void timer_run(void)
{
    interrupts_on();
    timer_on(11932); /* 100 Hz */
    u64 t = rdtsc() + 5000 * tsc_khz();
    while (irq_count < 10)
        if (rdtsc() > t)
            fail("the timer does not tick");
    print_kv("\nTICKS", irq_count);
}

void smp_run(void)
{
    if (!second_cpu_runs())
        fail("the second CPU does not run");
    print("READY\n");
}

void exits_run(void)
{
    u64 count = option("count", 1000), begin = rdtsc();
    for (u64 n = count; n--;)
        outb(0x80, n);
    print_kv("EXITS ns", (rdtsc() - begin) * 1000000 / tsc_khz() / count);
}
