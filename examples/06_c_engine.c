/* The optimizer in an engine written in C, over the engine's own memory: a network of one hidden layer learns the
 * sine. The engine computes values and gradients; Thalweg clips, averages, schedules and updates. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "thalweg/c.h"

enum { UNITS = 16, POINTS = 64, UPDATES = 600 };

/* The engine's parameters and gradients, a row a tensor: first.weight, first.bias, second.weight, second.bias. */
static float value[3 * UNITS + 1], grad[3 * UNITS + 1];
static float *const w1 = value, *const b1 = value + UNITS, *const w2 = value + 2 * UNITS, *const b2 = value + 3 * UNITS;

static void check(thalweg_status status) {
  if (status == THALWEG_OK) return;
  fprintf(stderr, "%s\n", thalweg_last_error());
  exit(1);
}

/* The mean squared error over all points, and its gradient. */
static float loss_and_gradient(void) {
  float loss = 0;
  int i, j;
  for (j = 0; j <= 3 * UNITS; ++j) grad[j] = 0;
  for (i = 0; i < POINTS; ++i) {
    const float x = 6.2832f * (float)i / POINTS - 3.1416f;
    float hidden[UNITS], y = *b2, error;
    for (j = 0; j < UNITS; ++j) {
      hidden[j] = tanhf(w1[j] * x + b1[j]);
      y += w2[j] * hidden[j];
    }
    error = y - sinf(x);
    loss += error * error / POINTS;
    error *= 2.0f / POINTS;
    grad[3 * UNITS] += error;
    for (j = 0; j < UNITS; ++j) {
      const float back = error * w2[j] * (1 - hidden[j] * hidden[j]);
      grad[j] += back * x;
      grad[UNITS + j] += back;
      grad[2 * UNITS + j] += error * hidden[j];
    }
  }
  return loss;
}

int main(void) {
  const int64_t units[1] = {UNITS};
  thalweg_params* params = NULL;
  thalweg_optimizer* optimizer = NULL;
  thalweg_optimizer_options options = THALWEG_OPTIMIZER_OPTIONS_INIT;
  thalweg_report report = THALWEG_REPORT_INIT;
  float loss = 0;
  int i;

  for (i = 0; i < UNITS; ++i) {
    w1[i] = 0.5f * (float)(i % 4 + 1);
    b1[i] = 0.4f * (float)(i - UNITS / 2);
    w2[i] = i % 2 == 0 ? 0.1f : -0.1f;
  }

  check(thalweg_params_create(&params));
  check(thalweg_params_adopt(params, "first.weight", 1, units, THALWEG_F32, w1, grad, THALWEG_WEIGHT, NULL));
  check(thalweg_params_adopt(params, "first.bias", 1, units, THALWEG_F32, b1, grad + UNITS, THALWEG_BIAS, NULL));
  check(thalweg_params_adopt(params, "second.weight", 1, units, THALWEG_F32, w2, grad + 2 * UNITS, THALWEG_WEIGHT,
                             NULL));
  check(thalweg_params_adopt(params, "second.bias", 0, NULL, THALWEG_F32, b2, grad + 3 * UNITS, THALWEG_BIAS, NULL));

  options.threads = 1; /* so small a network gains nothing from more */
  check(thalweg_optimizer_create(params, "clip_norm(1) | adam | lr(cosine(0.02, total=600, warmup=50))", &options,
                                 &optimizer));
  for (i = 0; i < UPDATES; ++i) {
    loss = loss_and_gradient();
    check(thalweg_optimizer_step(optimizer, NULL, &report));
    if (report.update % 100 == 0) {
      printf("update %4llu  loss %.6f  rate %.5f\n", (unsigned long long)report.update, (double)loss, report.lr);
    }
  }
  check(thalweg_optimizer_destroy(optimizer));
  check(thalweg_params_destroy(params));
  return loss < 1e-3f ? 0 : 1;
}
