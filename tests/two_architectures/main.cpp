// One program, two instruction sets: what one file allocates through Eigen, the other may free.
#include <cmath>
#include <cstdio>

#include "train.hpp"

template <>
Eigen::MatrixXd some_matrix<baseline>(int);
template <>
Eigen::MatrixXd some_matrix<vectors>(int);
template <>
double train<baseline>();
template <>
double train<vectors>();

int main() {
  double sum = 0;
  for (int n = 1; n < 200; n += 7) {
    Eigen::MatrixXd a = some_matrix<baseline>(n), b = some_matrix<vectors>(n);
    a.swap(b);
    sum += a(n - 1, n - 1) + b(n - 1, n - 1);
    a.resize(n + 1, n + 1);  // frees, and allocates again
    b.resize(n + 3, n + 1);
  }
  double const one = train<baseline>(), two = train<vectors>();
  std::printf("%g %g %g\n", sum, one, two);
  return sum == 29 * 8 && std::abs(one - two) <= 1e-9 * one ? 0 : 1;
}
