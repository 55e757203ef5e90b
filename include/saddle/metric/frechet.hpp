#pragma once
#include <Eigen/Core>
#include <Eigen/Eigenvalues>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/samples.hpp"

SADDLE_NAMESPACE_BEGIN

/// Mean and (unbiased) covariance of a set of samples.
struct gaussian_moments {
  Eigen::VectorXd mean = {};
  Eigen::MatrixXd covariance = {};
};

/// errors  std::invalid_argument for fewer than two samples
inline gaussian_moments moments(samples const& of) {
  expects(of.count >= 2, "a covariance takes two samples or more");
  Eigen::MatrixXd x =
      Eigen::Map<Eigen::MatrixXf const>(of.values.data(), of.shape.size(), of.count).cast<double>();
  gaussian_moments m{.mean = x.rowwise().mean()};
  x.colwise() -= m.mean;
  m.covariance.noalias() = x * x.transpose() / (of.count - 1);
  return m;
}

/// Frechet distance of two normal distributions: |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)).
///
/// promise  not negative, 0 for equal moments up to rounding, symmetric up to rounding
/// source   Dowson, Landau: The Frechet distance between multivariate normal distributions. J. Multivariate
///          Anal. 1982
inline double frechet_distance(gaussian_moments const& a, gaussian_moments const& b) {
  expects(a.mean.size() == b.mean.size(), "both sets have samples of one size");
  // The root's trace through the symmetric R S2 R, R = S1^(1/2): the same eigenvalues as S1 S2. Those that
  // rounding made negative are zero.
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> const first(a.covariance);
  Eigen::MatrixXd const root = first.eigenvectors() *
                               first.eigenvalues().cwiseMax(0).cwiseSqrt().asDiagonal() *
                               first.eigenvectors().transpose();
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> const both(root * b.covariance * root,
                                                            Eigen::EigenvaluesOnly);
  double const overlap = both.eigenvalues().cwiseMax(0).cwiseSqrt().sum();
  double const distance =
      (a.mean - b.mean).squaredNorm() + a.covariance.trace() + b.covariance.trace() - 2 * overlap;
  return distance < 0 ? 0 : distance;
}

inline double frechet_distance(samples const& a, samples const& b) {
  return frechet_distance(moments(a), moments(b));
}

SADDLE_NAMESPACE_END
