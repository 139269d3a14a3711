/* Loads the library, takes a step with two threads, and unloads it, again and again: no memory, no thread, no file stays.
 *
 * Usage: loads LIBRARY TIMES */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thalweg/c.h"

static void fail(const char* what, const char* more) {
  fprintf(stderr, "%s: %s\n", what, more);
  exit(1);
}

static void* find(void* library, const char* name) {
  void* found = dlsym(library, name);
  if (found == NULL) fail(name, "not in the library");
  return found;
}

/* Function pointers, which C does not let a void* become but by its bytes. */
#define GET(type, name) \
  type name;            \
  void* found_##name = find(library, "thalweg_" #name); \
  memcpy(&name, &found_##name, sizeof name)

static void once(const char* path) {
  typedef thalweg_status (*create)(thalweg_params**);
  typedef thalweg_status (*destroy_params)(thalweg_params*);
  typedef thalweg_status (*adopt)(thalweg_params*, const char*, size_t, const int64_t*, thalweg_dtype, void*, void*,
                                  thalweg_role, size_t*);
  typedef thalweg_status (*bind)(thalweg_params*, const char*, const thalweg_optimizer_options*, thalweg_optimizer**);
  typedef thalweg_status (*step)(thalweg_optimizer*, const thalweg_step_input*, thalweg_report*);
  typedef thalweg_status (*destroy_optimizer)(thalweg_optimizer*);
  float value = 1, grad = 0.5f;
  thalweg_params* params = NULL;
  thalweg_optimizer* optimizer = NULL;
  thalweg_optimizer_options options = THALWEG_OPTIMIZER_OPTIONS_INIT;
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) fail(path, dlerror());
  {
    GET(create, params_create);
    GET(adopt, params_adopt);
    GET(bind, optimizer_create);
    GET(step, optimizer_step);
    GET(destroy_optimizer, optimizer_destroy);
    GET(destroy_params, params_destroy);
    options.threads = 2;
    if (params_create(&params) ||
        params_adopt(params, "w", 0, NULL, THALWEG_F32, &value, &grad, THALWEG_WEIGHT, NULL) ||
        optimizer_create(params, "sgd(lr=1)", &options, &optimizer) || optimizer_step(optimizer, NULL, NULL) ||
        optimizer_destroy(optimizer) || params_destroy(params)) {
      fail(path, "a call failed");
    }
  }
  if (value != 0.5f) fail(path, "another value");
  if (dlclose(library) != 0) fail(path, dlerror());
}

/* Pages of memory in use. */
static long pages(void) {
  long all = 0, resident = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%ld %ld", &all, &resident) != 2) fail("/proc/self/statm", "unreadable");
  fclose(file);
  return resident;
}

static int entries(const char* folder) {
  int count = 0;
  DIR* open_folder = opendir(folder);
  if (open_folder == NULL) fail(folder, "unreadable");
  while (readdir(open_folder) != NULL) ++count;
  closedir(open_folder);
  return count;
}

int main(int argc, char** argv) {
  int i, times, threads, files;
  long before;
  if (argc != 3) fail("usage", "loads LIBRARY TIMES");
  times = atoi(argv[2]);
  for (i = 0; i < times / 10; ++i) once(argv[1]); /* what is allocated once is */
  before = pages();
  threads = entries("/proc/self/task");
  files = entries("/proc/self/fd");
  for (i = 0; i < times; ++i) once(argv[1]);
  printf("%d loads: %ld KiB more, %d threads, %d files\n", times, 4 * (pages() - before), entries("/proc/self/task") - 2,
         entries("/proc/self/fd") - 3);
  if (pages() - before > 256) fail(argv[1], "memory stays");
  if (entries("/proc/self/task") != threads) fail(argv[1], "threads stay");
  if (entries("/proc/self/fd") != files) fail(argv[1], "files stay open");
  return 0;
}
