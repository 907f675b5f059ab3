package acpi

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// acpica runs a tool of Debian's acpica-tools, the reference implementation, and returns what it prints.
func acpica(t *testing.T, dir, tool string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		t.Fatalf("%v: install the package acpica-tools", err)
	}
	cmd := exec.Command(tool, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return string(out)
}

// write leaves the table as a file that the tools read, and returns its directory.
func write(t *testing.T, name string, table []byte) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name+".dat"), table, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// disassembled is the source that iasl makes of a table, after compiling it again without a complaint.
func disassembled(t *testing.T, name string, table []byte) string {
	t.Helper()
	dir := write(t, name, table)
	if out := acpica(t, dir, "iasl", "-d", name+".dat"); strings.Contains(out, "rror") || strings.Contains(out, "arning") {
		t.Errorf("disassembling:\n%s", out)
	}
	source, err := os.ReadFile(filepath.Join(dir, name+".dsl"))
	if err != nil {
		t.Fatal(err)
	}
	if out := acpica(t, dir, "iasl", "-p", "again", name+".dsl"); !strings.Contains(out, "0 Errors, 0 Warnings") && !isDataTable(out) {
		t.Errorf("compiling again:\n%s", out)
	}
	return string(source)
}

// isDataTable: of those the compiler only says how it ended.
func isDataTable(out string) bool {
	return strings.Contains(out, "Table Input") && !strings.Contains(out, "Error") && !strings.Contains(out, "Warning")
}

func TestTheReferenceCompilerReadsEveryTableAsMeant(t *testing.T) {
	tables := loaded(t, pc(2), 8)
	for name, want := range map[string][]string{
		"FACP": {"SCI Interrupt : 0009", "SMI Command Port : 00000000", "Hardware Reduced (V5) : 0", "32-bit PM Timer (V1) : 1",
			"Reset Register Supported (V2) : 1", "Control Method Power Button (V1) : 0", "Value to cause reset : 06",
			"Address : 0000000000000600", "Address : 0000000000000604", "Address : 0000000000000608", "Address : 000000000000AFE0"},
		"APIC": {"Local Apic Address : FEE00000", "Local Apic ID : 01", "Address : FEC00000", "Source : 09", "Interrupt Input LINT : 01"},
		"XSDT": {"ACPI Table Address   0"},
		"FACS": {`Signature : "FACS"`},
		"DSDT": {`Name (\_S5, Package (0x04)`, `"PNP0A03"`, `Device (COM2)`, `"ACPI0007"`, "0xFEBFFFFF,",
			"OperationRegion (PHPR, SystemIO, 0xAE00, 0x0C)", "Device (S02)", "Device (S1F)", "Method (_EJ0, 1, NotSerialized)", "PEJS = 0x80000000",
			"Method (_E01, 0, NotSerialized)"},
	} {
		t.Run(name, func(t *testing.T) {
			source := disassembled(t, name, tables[name])
			for _, w := range want {
				if !strings.Contains(source, w) {
					t.Errorf("no %q in\n%s", w, source)
				}
			}
		})
	}
}

func TestTheReferenceInterpreterRoutesEveryPinAsPinGSISays(t *testing.T) {
	dir := write(t, "DSDT", loaded(t, pc(2), 8)["DSDT"])
	out := acpica(t, dir, "acpiexec", "-b", `execute \_SB.PCI0._PRT`, "DSDT.dat")
	fields := strings.Fields(out)
	text := strings.Join(fields, " ")
	for slot := range Slots {
		for pin := range Pins {
			want := fmt.Sprintf("[Integer] = %016X [Integer] = %016X [Integer] = %016X [Integer] = %016X",
				slot<<16|0xffff, pin, 0, 10+(slot+pin)%2)
			if !strings.Contains(text, want) {
				t.Fatalf("slot %d pin %d: no %q in\n%s", slot, pin, want, out)
			}
		}
	}
}
