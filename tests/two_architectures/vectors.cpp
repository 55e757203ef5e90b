#include "train.hpp"

template <>
Eigen::MatrixXd some_matrix<vectors>(int n) {
  Eigen::MatrixXd const a = Eigen::MatrixXd::Identity(n, n) * 2;
  return a * a;
}
template <>
double train<vectors>() {
  return distance_after_training();
}
