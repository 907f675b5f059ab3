/*
 * Entry of the payload guest: three ways in (PVH, Linux 64-bit boot protocol, flat), one way out: cmain in ring 3.
 *
 * Ring 3 because a software KVM runs it at native speed, while it emulates ring 0 instruction by instruction. Such a KVM
 * also forgets IOPL, so the TSS carries an I/O permission bitmap of zeros: that is what lets IN and OUT through.
 */
    .section .note.pvh, "a", @note
    .align 4
    .long 4, 8, 18                      /* name size, descriptor size, XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .quad pvh_entry

    .section .head, "ax"
    .code32
    .globl _start
_start:                                 /* flat, 32 bits: esi = boot_params */
    cld
    movl %esi, boot_params
    jmp enter_long_mode

    .org 0x200
    .code64
    .globl entry64
entry64:                                /* Linux 64-bit protocol: rsi = boot_params, paging is on */
    cld
    movl %esi, boot_params
    lgdt gdt_pointer
    movl $pml4, %eax
    movq %rax, %cr3
    pushq $CODE0
    pushq $long_mode
    lretq

    .code32
pvh_entry:                              /* PVH: 32 bits, ebx = hvm_start_info */
    cld
    movl %ebx, pvh_info
enter_long_mode:
    lgdt gdt_pointer
    movl $pml4, %eax
    movl %eax, %cr3
    movl %cr4, %eax
    orl $0x620, %eax                    /* PAE, OSFXSR, OSXMMEXCPT */
    movl %eax, %cr4
    movl $0xc0000080, %ecx              /* EFER */
    rdmsr
    orl $0x100, %eax                    /* LME */
    wrmsr
    movl %cr0, %eax
    orl $0x80000001, %eax               /* PG, PE */
    andl $0x9ffffff3, %eax              /* caches on, no FPU emulation */
    movl %eax, %cr0
    ljmp $CODE0, $long_mode

    .code64
long_mode:
    movb $0xff, %al                     /* both PICs masked: interrupts come by the I/O APIC or as messages */
    outb %al, $0x21
    outb %al, $0xa1
    movl $DATA0, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl $stack_top, %esp
    movq $tss, %rax                     /* the descriptor's base, which the assembler can not split */
    movw %ax, gdt_tss + 2
    shrq $16, %rax
    movb %al, gdt_tss + 4
    movb %ah, gdt_tss + 7
    lidt idt_pointer
    movl $TSS, %eax
    ltr %ax
    pushq $DATA3
    pushq $stack_top
    pushq $0x202                        /* RFLAGS: IF */
    pushq $CODE3
    pushq $cmain
    iretq

/* One message-signalled interrupt: count it, end it. Entered at CPL 0: gates to CPL 3 are not delivered everywhere. */
    .globl msi_handler
msi_handler:
    incq irq_count
eoi:
    pushq %rax
    movl $0xfee000b0, %eax
    movl $0, (%rax)
    popq %rax
    iretq

/* INTx: reading the ISR register takes the line down (virtio 4.1.4.5), wherever that register is. Two functions may share the
 * line, one with its register at a port, one in memory: each is asked. */
    .globl intx_handler
intx_handler:
    pushq %rax
    pushq %rdx
    movl isr_port, %edx
    testl %edx, %edx
    jz 1f
    inb %dx, %al
    testb %al, %al
    jz 1f                               /* not this one, or already taken */
    incq irq_count_port
1:  movq isr_address, %rdx
    testq %rdx, %rdx
    jz 2f
    movb (%rdx), %al
    testb %al, %al
    jz 2f
    incq irq_count
2:  popq %rdx
    popq %rax
    jmp eoi

/* HLT is a privilege of ring 0. No interrupt that this guest takes ends it. */
    .globl halt_handler
halt_handler:
    sti
    hlt
    jmp halt_handler

/* A second processor starts here, in real mode, once copied below 1 MiB: it says so, and halts. */
    .globl second_cpu, second_cpu_end
    .code16
second_cpu:
    movb $1, %cs:SECOND_CPU_ALIVE
1:  hlt
    jmp 1b
second_cpu_end:
    .code64

    .data
    .globl boot_params, pvh_info, irq_count, irq_count_port, isr_port, isr_address, config_block
boot_params: .long 0
pvh_info:    .long 0
isr_port:    .long 0
    .align 8
irq_count:   .quad 0
irq_count_port: .quad 0
isr_address: .quad 0
    .set SECOND_CPU_ALIVE, 0x80         /* offset in its page */
    .set CODE0, 0x08
    .set DATA0, 0x10
    .set CODE3, 0x1b
    .set DATA3, 0x23
    .set TSS,   0x28
    .align 16
gdt:
    .quad 0
    .quad 0x00af9b000000ffff
    .quad 0x00cf93000000ffff
    .quad 0x00affb000000ffff
    .quad 0x00cff3000000ffff
gdt_tss:
    .quad 0x0000890000002068            /* limit covers the bitmap; base filled in above */
    .quad 0
gdt_pointer:
    .word . - gdt - 1
    .quad gdt
idt_pointer:
    .word 4095
    .quad idt
    .ascii "PAYLOADCFG="                /* a command line that a script may patch into the file */
config_block: .fill 500, 1, 0

    .section .tables, "aw"
    .align 4096
pml4:
    .quad pdpt + 7
    .fill 511, 8, 0
pdpt:
    .quad pd + 7, pd + 0x1007, pd + 0x2007, pd + 0x3007, pd + 0x4007
    .fill 507, 8, 0
pd:                                     /* the first 5 GiB in pages of 2 MiB, for user and supervisor */
    .set i, 0
    .rept 2560
    .quad (i << 21) + 0x87
    .set i, i + 1
    .endr
tss:
    .long 0
    .quad stack0_top, 0, 0, 0
    .fill 7, 8, 0
    .quad 0
    .word 0
    .word 104                           /* offset of the I/O bitmap */
    .fill 8192, 1, 0
    .byte 0xff

    .bss
    .align 4096
    .globl idt
idt:
    .fill 4096, 1, 0
    .fill 16384, 1, 0
stack_top:
    .fill 4096, 1, 0
stack0_top:
