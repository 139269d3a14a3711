/* FANN, where it is installed: one fann_train a sample. */
#include <fann.h>
#include <stdlib.h>

enum { SAMPLES = 64 };

void steps(int inputs, int hidden, int outputs, long n) {
  static struct fann* net = NULL;
  static fann_type *x, *y;
  if (net == NULL) {
    net = fann_create_standard(3, inputs, hidden, outputs);
    fann_set_activation_function_hidden(net, FANN_SIGMOID_SYMMETRIC);
    fann_set_activation_function_output(net, FANN_LINEAR);
    fann_set_training_algorithm(net, FANN_TRAIN_INCREMENTAL);
    fann_set_learning_rate(net, 0.001f);
    x = malloc(sizeof(*x) * SAMPLES * inputs);
    y = malloc(sizeof(*y) * SAMPLES * outputs);
    for (int i = 0; i < SAMPLES * inputs; ++i) x[i] = (fann_type)(i * 37 % 100) / 50 - 1;
    for (int i = 0; i < SAMPLES * outputs; ++i) y[i] = (fann_type)(i * 11 % 100) / 100;
  }
  for (long i = 0; i < n; ++i) fann_train(net, x + i % SAMPLES * inputs, y + i % SAMPLES * outputs);
}
