/* The file of the `digits` source as bytes of the library. */
        .section .rodata
        .balign 16
        .global thalweg_digits_gz
        .hidden thalweg_digits_gz
        .type thalweg_digits_gz, %object
thalweg_digits_gz:
        .incbin "data/digits.csv.gz"
        .global thalweg_digits_gz_end
        .hidden thalweg_digits_gz_end
thalweg_digits_gz_end:
        .size thalweg_digits_gz, thalweg_digits_gz_end - thalweg_digits_gz

        .section .note.GNU-stack, "", %progbits
