// expects: the problem needs loss(at, sample)
#include <saddle/problem/distributionally_robust.hpp>

#include "two_workers.hpp"

int main() {
#ifndef SADDLE_ACCEPT
  saddle::distributionally_robust<product> const p{};
  return p.workers();
#endif
}
