// expects: use top_k where a compressor selects across buckets
#include "mirrors.hpp"

using namespace saddle;

int main() {
  teach<half<512>, identity>();
#ifndef SADDLE_ACCEPT
  teach<global_top_k<512>, identity>();
#endif
}
