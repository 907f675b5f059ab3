package main

// announcements are the rounds of announce-self that go on.
type announcements struct{}
