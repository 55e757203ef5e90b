#include "train.hpp"

template <>
Eigen::MatrixXd some_matrix<baseline>(int n) {
  Eigen::MatrixXd const a = Eigen::MatrixXd::Identity(n, n) * 2;
  return a * a;
}
template <>
double train<baseline>() {
  return distance_after_training();
}
