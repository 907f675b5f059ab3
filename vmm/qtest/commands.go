package qtest

// A command gets all words, its name first: between least and most behind that. It returns what stands behind OK.
type command struct {
	least, most int
	usage       string
	run         func(s *server, words []string) (string, error)
}

var commands = map[string]command{
	"endianness":        {0, 0, "nothing", func(*server, []string) (string, error) { return "little", nil }},
	"outb":              {2, 2, "PORT VALUE", out(1)},
	"outw":              {2, 2, "PORT VALUE", out(2)},
	"outl":              {2, 2, "PORT VALUE", out(4)},
	"inb":               {1, 1, "PORT", in(1)},
	"inw":               {1, 1, "PORT", in(2)},
	"inl":               {1, 1, "PORT", in(4)},
	"writeb":            {2, 2, "ADDR VALUE", store(1)},
	"writew":            {2, 2, "ADDR VALUE", store(2)},
	"writel":            {2, 2, "ADDR VALUE", store(4)},
	"writeq":            {2, 2, "ADDR VALUE", store(8)},
	"readb":             {1, 1, "ADDR", load(1)},
	"readw":             {1, 1, "ADDR", load(2)},
	"readl":             {1, 1, "ADDR", load(4)},
	"readq":             {1, 1, "ADDR", load(8)},
	"read":              {2, 2, "ADDR SIZE", read(encodeHex)},
	"b64read":           {2, 2, "ADDR SIZE", read(encodeBase64)},
	"write":             {3, 3, "ADDR SIZE 0xHEX", write(decodeHex)},
	"b64write":          {3, 3, "ADDR SIZE BASE64", write(decodeBase64)},
	"memset":            {3, 3, "ADDR SIZE VALUE", memset},
	"clock_step":        {0, 1, "[NS]", clockStep},
	"clock_set":         {1, 1, "NS", clockSet},
	"irq_intercept_in":  {1, 1, "DEVICE", interceptIn},
	"irq_intercept_out": {1, 1, "DEVICE", interceptOut},
	"set_irq_in":        {4, 4, "DEVICE unnamed-gpio-in NUMBER LEVEL", setIRQIn},
	"module_load":       {2, 2, "PREFIX NAME", moduleLoad},
}
