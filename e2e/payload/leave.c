#include "jobs.h"
#include "interrupts.h"

static void ask(void)      { talk_run("ASK\n"); }
static void poweroff(void) { outw(0x604, 1 << 13); } /* PM1a_CNT: SLP_EN; SLP_TYP 0 is S5 */
static void keyboard(void) { outb(0x64, 0xfe); }
static void cf9(void)      { outb(0xcf9, 6); }
static void port92(void)   { outb(0x92, 1); }
static void triple(void)   { asm volatile("int $0x77"); } /* no gate, none for the fault of that, nor for the fault of that */
static void nowhere(void)  { ((void (*)(void))0xd0000000)(); } /* code where no memory is: a hypervisor cannot run that */

static void hang(void)
{
    for (;;)
        pause();
}

/* The ways out of a PC. Without end= it is the debug exit port, and the keyboard controller where there is none. */
void leave(void)
{
    static const struct { const char *option; void (*way)(void); } ways[] = {
        { "end=ask", ask }, { "end=poweroff", poweroff }, { "end=keyboard", keyboard }, { "end=cf9", cf9 }, { "end=port92", port92 },
        { "end=triple", triple }, { "end=hang", hang }, { "end=halt", halt }, { "end=nowhere", nowhere },
    };
    for (u32 i = 0; i < sizeof ways / sizeof *ways; i++)
        if (has(ways[i].option)) {
            print("LEAVE\n");
            ways[i].way();
        }
    finish(option("status", 0));
}
