#pragma once
#include <concepts>

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

/// errors  std::invalid_argument for fewer than two samples, or values of another number. What is not finite stays so
inline gaussian_moments moments(samples const& of) {
  expect_whole(of, "moments");
  expects(of.count >= 2, "moments: a covariance takes two samples or more");
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
/// errors   std::invalid_argument for moments that are empty, or of other dimensions than each other
/// source   Dowson, Landau: The Frechet distance between multivariate normal distributions. J. Multivariate
///          Anal. 1982
template <std::same_as<gaussian_moments> M = gaussian_moments>  // so that only who calls it compiles the solver
double frechet_distance(M const& a, M const& b) {
  for (M const* m : {&a, &b})
    expects(m->mean.size() > 0 && m->covariance.rows() == m->mean.size() && m->covariance.cols() == m->mean.size(),
            "frechet_distance: a mean of n numbers needs a covariance of n x n, n > 0");
  expects(a.mean.size() == b.mean.size(), "frechet_distance: both sets have samples of one size");
  // The root's trace through the symmetric R S2 R, R = S1^(1/2): the same eigenvalues as S1 S2. Those that
  // rounding made negative are zero.
  using matrix = decltype(M::covariance);
  Eigen::SelfAdjointEigenSolver<matrix> const first(a.covariance);
  matrix const root = first.eigenvectors() * first.eigenvalues().cwiseMax(0).cwiseSqrt().asDiagonal() *
                      first.eigenvectors().transpose();
  Eigen::SelfAdjointEigenSolver<matrix> const both(root * b.covariance * root, Eigen::EigenvaluesOnly);
  double const overlap = both.eigenvalues().cwiseMax(0).cwiseSqrt().sum();
  double const distance =
      (a.mean - b.mean).squaredNorm() + a.covariance.trace() + b.covariance.trace() - 2 * overlap;
  return distance < 0 ? 0 : distance;
}

template <std::same_as<samples> S = samples>
double frechet_distance(S const& a, S const& b) {
  expects(a.shape == b.shape, "frechet_distance: both sets have samples of one shape");
  return frechet_distance(moments(a), moments(b));
}

SADDLE_NAMESPACE_END
