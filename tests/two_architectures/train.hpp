#pragma once
#include <saddle/games.hpp>

/// Names one copy of what both files compile.
struct baseline {};
struct vectors {};

/// Allocates here and frees wherever it goes: matrices and a run of a game that multiplies them.
template <class Which>
Eigen::MatrixXd some_matrix(int n);
template <class Which>
double train();

inline double distance_after_training() {
  using namespace saddle;
  trainer t{bilinear<>::random(40, 0.3, 2, 1), omd{.step_size = 0.01}, identity{}, parameter_server<>{},
            loopback{.workers = 2}, cpu{}};
  t.run(50);
  double sum = 0;
  for (double const w : t.weights(0).min) sum += w * w;
  return sum;
}
