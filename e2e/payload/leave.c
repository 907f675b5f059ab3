#include "jobs.h"
#include "interrupts.h"

static void triple_fault(void)
{
    asm volatile("int $0x77"); /* no gate, and none for the fault of that, nor for the fault of that */
}

static void wait_forever(void)
{
    for (;;)
        pause();
}

/* The ways out of a PC. Without end= it is the debug exit port. */
void leave(void)
{
    print("END\n");
    if (has("end=ask"))
        talk_run("ASK\n");
    if (has("end=poweroff"))
        outw(0x604, 1 << 13); /* PM1a_CNT: SLP_EN, SLP_TYP 0 is S5 */
    if (has("end=keyboard"))
        outb(0x64, 0xfe);
    if (has("end=cf9"))
        outb(0xcf9, 6);
    if (has("end=port92"))
        outb(0x92, 1);
    if (has("end=triple"))
        triple_fault();
    if (has("end=hang"))
        wait_forever();
    if (has("end=halt"))
        halt();
    finish(option("status", 0));
}
