package vmlinux

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/drydock-vmm/drydock/boot"
)

// callsXZ is calls() as `xz --check=crc32 --x86 --lzma2=dict=64KiB` packs it, the filters of a kernel's build.
//
//go:embed testdata/calls.xz
var callsXZ []byte

// calls begins as an ELF and goes on as machine code of relative calls, all to one place: the x86 filter changes each.
func calls() []byte {
	b := []byte("\x7fELF")
	for i := range uint32(600) {
		b = le.AppendUint32(append(b, 0xe8), 0x1000-5*i)
	}
	return b
}

// bzImage is a file with one sector of setup code around a payload.
func bzImage(payload []byte) []byte {
	const setup = 1024
	b := make([]byte, setup, setup+len(payload))
	b[setupSects] = 1
	copy(b[headerMagic:], "HdrS")
	le.PutUint16(b[version:], 0x20f)
	le.PutUint32(b[payloadLength:], uint32(len(payload)))
	return append(b, payload...)
}

// packed runs a compressor over b, and ends with the length as a kernel's build does.
func packed(t *testing.T, b []byte, open func(io.Writer) (io.WriteCloser, error)) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := open(&out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return withLength(out.Bytes(), len(b))
}

func withLength(b []byte, n int) []byte { return le.AppendUint32(bytes.Clone(b), uint32(n)) }

func packGzip(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }
func packZstd(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) }
func packLZ4(w io.Writer) (io.WriteCloser, error) {
	z := lz4.NewWriter(w)
	return z, z.Apply(lz4.LegacyOption(true))
}

func TestEveryCompressionGivesTheKernelBack(t *testing.T) {
	kernel := calls()
	gz := packed(t, kernel, packGzip)
	for name, payload := range map[string][]byte{
		"gzip, whose own length is the last field": gz[:len(gz)-lengthSize],
		"LZ4 legacy frames":                        packed(t, kernel, packLZ4),
		"zstd":                                     packed(t, kernel, packZstd),
		"xz with the x86 filter":                   withLength(callsXZ, len(kernel)),
	} {
		t.Run(name, func(t *testing.T) {
			file := bzImage(payload)
			var out bytes.Buffer
			n, err := Extract(&out, bytes.NewReader(file), int64(len(file)))
			if err != nil || n != int64(len(kernel)) || !bytes.Equal(out.Bytes(), kernel) {
				t.Errorf("%d of %d bytes, equal: %v, error %v", n, len(kernel), bytes.Equal(out.Bytes(), kernel), err)
			}
		})
	}
}

func TestWhatHoldsNoKernelIsAnErrorThatSaysWhy(t *testing.T) {
	good := bzImage(packed(t, calls(), packLZ4))
	spoilt := func(f func(b []byte) []byte) []byte { return f(bytes.Clone(good)) }
	for _, tc := range []struct {
		name string
		file []byte
		text string
	}{
		{"an empty file", nil, "a file of 0 bytes"},
		{"another kind of file", make([]byte, 4096), "expected HdrS"},
		{"an old kernel", spoilt(func(b []byte) []byte { b[version] = 7; return b }), "protocol 2.7"},
		{"a file cut short", good[:len(good)-1], "truncated bzImage"},
		{"a payload of nothing", bzImage(nil), "payload of 0 bytes"},
		{"a payload that unpacks to 4 GiB", bzImage(withLength([]byte("\x02\x21\x4c\x18xxxx"), 1<<32-1)), "limit"},
		{"a payload longer than it says", bzImage(withLength(packed(t, calls(), packLZ4)[:100], 8)), "kernel payload"},
		{"a payload that unpacks to less than it says", bzImage(withLength(callsXZ, 5000)), "says that it has 5000"},
		{"something else than an ELF", bzImage(packed(t, []byte("a cpio archive"), packLZ4)), "expected an ELF"},
		{"a block of 2 GiB", spoilt(func(b []byte) []byte { le.PutUint32(b[1028:], 1<<31-1); return b }), "LZ4"},
		{"bzip2", bzImage([]byte("BZh91AY&SY....")), "with bzip2: only"},
		{"LZMA", bzImage([]byte("\x5d\x00\x00\x00\x01......")), "with LZMA: only"},
		{"LZO", bzImage([]byte("\x89LZO\x00\x0d\x0a......")), "with LZO: only"},
		{"no compression", bzImage([]byte("plain data....")), "no known compression"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Extract(io.Discard, bytes.NewReader(tc.file), int64(len(tc.file)))
			if err == nil || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("error %v, want one with %q", err, tc.text)
			}
		})
	}
}

// realKernel is the stock kernel that the tests of this machine use.
func realKernel(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("DRYDOCK_TEST_KERNEL"); path != "" {
		return path
	}
	found, _ := filepath.Glob("/boot/vmlinuz-*-cloud-amd64")
	if len(found) == 0 {
		t.Fatal("no kernel: install linux-image-cloud-amd64, or name a bzImage in DRYDOCK_TEST_KERNEL")
	}
	return found[len(found)-1]
}

func TestAStockKernelUnpacksToAVmlinuxThatOpens(t *testing.T) {
	in, err := os.Open(realKernel(t))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(t.TempDir(), "vmlinux"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	n, err := Extract(out, in, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []boot.Kind{boot.Vmlinux, boot.PVH} {
		if k, err := boot.OpenAs(kind, out, n); err != nil || k.Kind() != kind {
			t.Errorf("%v: %v", kind, err)
		}
	}
	if k, err := boot.Open(out, n); err != nil || fmt.Sprint(k.Kind()) != "ELF vmlinux" {
		t.Errorf("the kernel's own entry is not chosen: %v", err)
	}
}

func FuzzExtract(f *testing.F) {
	f.Add(bzImage(withLength(callsXZ, len(calls()))))
	f.Add(bzImage([]byte("\x28\xb5\x2f\xfd........")))
	f.Add(bzImage([]byte("\x02\x21\x4c\x18\x04\x00\x00\x00aaaa\x10\x00\x00\x00")))
	f.Add(bzImage([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff..........")))
	f.Fuzz(func(t *testing.T, file []byte) {
		if n, err := Extract(io.Discard, bytes.NewReader(file), int64(len(file))); err == nil && n < 4 {
			t.Errorf("a kernel of %d bytes", n)
		}
	})
}
