// expects: this one averages nothing: use error_feedback, or send bare
#include "saddle/algorithm/async_server.hpp"
#include "saddle/compressor/ef21.hpp"
#include "saddle/compressor/top_k.hpp"
#include "saddle/executor/cpu.hpp"
#include "saddle/problem/bilinear.hpp"
#include "saddle/transport/loopback.hpp"

using namespace saddle;

template <class C>
void push() {
  async_server{bilinear<>::random(5, 0, 2, 1), async_settings<C>{}, loopback{2}, cpu{}};
}

int main() {
  push<top_k<>>();  // what it leaves out is dropped
#ifndef SADDLE_ACCEPT
  push<ef21<top_k<>>>();
#endif
}
