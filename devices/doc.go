// Package devices says who answers an address: regions and the bus that finds them. It never knows what a device is, nor
// whether an address is a port or memory: a machine has a bus for each.
package devices
