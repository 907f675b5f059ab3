#include "base.h"

extern u32 boot_params, pvh_info;
extern char config_block[];

void *memset(void *d, int c, u64 n)
{
    void *r = d;
    asm volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
    return r;
}

void *memcpy(void *d, const void *s, u64 n)
{
    void *r = d;
    asm volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n) :: "memory");
    return r;
}

void print(const char *s)
{
    while (*s)
        outb(0x3f8, *s++);
}

void print_hex(u64 v)
{
    for (int shift = 60; shift >= 0; shift -= 4)
        if (v >> shift || !shift)
            outb(0x3f8, "0123456789abcdef"[v >> shift & 15]);
}

static void print_dec(u64 v)
{
    char digits[20];
    int n = 0;
    do
        digits[n++] = '0' + v % 10;
    while (v /= 10);
    while (n)
        outb(0x3f8, digits[--n]);
}

void print_kv(const char *key, u64 v)
{
    print(key);
    print("=");
    print_dec(v);
    print(" ");
}

/* The debug-exit port tells the status; the keyboard controller's reset ends a VMM that has no such port. */
void finish(u8 status)
{
    print("END\n");
    outb(0xf4, status);
    outb(0x64, 0xfe);
    for (;;)
        pause();
}

void fail(const char *why)
{
    print("FATAL ");
    print(why);
    print("\n");
    finish(1);
}

static char line[512];

void options_load(void)
{
    const char *from = config_block;
    if (!*from && pvh_info)
        from = (const char *)*(u64 *)(pvh_info + 24ul);          /* hvm_start_info.cmdline_paddr */
    else if (!*from && boot_params)
        from = (const char *)(u64)*(u32 *)(boot_params + 0x228ul); /* setup_header.cmd_line_ptr */
    for (int i = 0; from && i < 511 && from[i]; i++)
        line[i] = from[i];
    print("\nPAYLOAD start cfg: ");
    print(line);
    print("\n");
}

/* Where word stands at the start of an option, or 0; the result points behind it. */
static const char *find(const char *word)
{
    for (const char *p = line; *p; p++) {
        if (p != line && p[-1] != ' ')
            continue;
        const char *a = p, *b = word;
        while (*b && *a == *b)
            a++, b++;
        if (!*b)
            return a;
    }
    return 0;
}

int has(const char *word)
{
    const char *end = find(word);
    return end && (!*end || *end == ' ');
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

u64 option(const char *key, u64 otherwise)
{
    const char *p = find(key);
    if (!p || *p++ != '=')
        return otherwise;
    int base = p[0] == '0' && p[1] == 'x' ? 16 : 10;
    if (base == 16)
        p += 2;
    u64 v = 0;
    for (; digit(*p) < base; p++)
        v = v * base + digit(*p);
    return v;
}

/* The rate of the time stamp counter, from the hypervisor's timing leaf, else as told by tsc=. */
u64 tsc_khz(void)
{
    u32 a, b, c, d;
    u64 told = option("tsc", 0);
    if (told)
        return told;
    asm volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(0x40000000), "c"(0));
    if (a >= 0x40000010 && a < 0x40000100) {
        asm volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(0x40000010), "c"(0));
        if (a)
            return a;
    }
    return 2445426;
}
