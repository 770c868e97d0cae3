// Answers requests, one a line, from standard input to standard output, as `enterprise-credentials oracle` does: the C
// library through cgo.
package main

/*
#include "enterprise_credentials.h"
*/
import "C"

import (
	"bufio"
	"log"
	"os"
	"unsafe"
)

// Oracle is one of the library's. It may be asked by any goroutine.
type Oracle C.ec_oracle

func newOracle() Oracle { return Oracle(C.ec_oracle_new()) }

// Free gives the oracle back, with its enterprises.
func (oracle Oracle) Free() { C.ec_oracle_free(C.ec_oracle(oracle)) }

// Call answers a request.
func (oracle Oracle) Call(request []byte) []byte {
	var start *C.char
	if len(request) > 0 {
		start = (*C.char)(unsafe.Pointer(&request[0]))
	}
	var length C.size_t
	answer := C.ec_oracle_call(C.ec_oracle(oracle), start, C.size_t(len(request)), &length)
	defer C.ec_answer_free(answer)
	return C.GoBytes(unsafe.Pointer(answer), C.int(length))
}

func main() {
	if version := C.ec_abi_version(); version != C.EC_ABI_VERSION {
		log.Fatalf("the header is of version %d, the library of version %d", C.EC_ABI_VERSION, version)
	}
	oracle := newOracle()
	requests := bufio.NewScanner(os.Stdin)
	requests.Buffer(nil, 8<<20)
	answers := bufio.NewWriter(os.Stdout)
	for requests.Scan() {
		answers.Write(oracle.Call(requests.Bytes()))
		answers.WriteByte('\n')
		if err := answers.Flush(); err != nil {
			log.Fatal(err)
		}
	}
	if err := requests.Err(); err != nil {
		log.Fatal(err)
	}
	oracle.Free()
	if live := C.ec_live(); live != 0 {
		log.Fatalf("%d oracles and answers were not freed", live)
	}
}
