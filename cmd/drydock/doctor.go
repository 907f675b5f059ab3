package main

import (
	"context"
	"errors"
)

func doctorCommand(context.Context, []string) (int, error) { return 0, errors.New("not yet") }
