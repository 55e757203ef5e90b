#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "saddle/config.hpp"
#include "saddle/core/players.hpp"
#include "saddle/executor/concept.hpp"
#include "saddle/problem/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// A problem behind virtual calls: one a gradient is nothing beside the gradient. Points and samples of a gradient lie
/// in the executor's memory.
template <class T>
class any_problem {
 public:
  virtual ~any_problem() = default;
  virtual players sizes() const = 0;
  virtual int most_workers() const = 0;
  /// What the problem was at construction; empty where it states nothing.
  virtual std::string const& identity() const = 0;
  virtual void initial(std::uint64_t seed, point<T> w) const = 0;
  /// `player` 0 or 1: at least that player's part is written; -1: both.
  virtual void gradient(point<T const> at, sample const* s, point<T> out, int player) const = 0;
  /// Where the gradients of a worker are to be written, if that is the problem's matter; empty spans otherwise.
  virtual point<T> gradient_buffers(int) const { return {}; }
  /// One of the arrays at which gradients of a worker are taken.
  virtual void bind_weights(int, point<T>) {}
  /// What is kept beside the weights of a worker; empty where there is nothing.
  virtual std::span<T> buffers(int) const { return {}; }
  /// Whether a gradient is nothing but kernels, the same ones every time.
  virtual bool repeats() const { return true; }
};

/// What is the same wherever the gradients of a problem are taken.
template <names_its_scalar P>
class problem_of_type : public any_problem<typename P::scalar> {
  using T = typename P::scalar;

 public:
  explicit problem_of_type(P p) : problem_(std::move(p)), identity_(identity_of(problem_)) {}
  players sizes() const override { return problem_.sizes(); }
  int most_workers() const override {
    if constexpr (requires { problem_.workers(); }) return problem_.workers();
    else return std::numeric_limits<int>::max();
  }
  std::string const& identity() const override { return identity_; }
  void initial(std::uint64_t seed, point<T> w) const override { problem_.initial(seed, w); }
  point<T> gradient_buffers(int worker) const override {
    if constexpr (has_gradient_buffers<P>) return problem_.gradient_buffers(worker);
    else return {};
  }
  void bind_weights(int worker, point<T> w) override {
    if constexpr (binds_weights<P>) problem_.bind_weights(worker, w);
  }
  std::span<T> buffers(int worker) const override {
    if constexpr (has_buffers<P>) return problem_.buffers(worker);
    else return {};
  }

 protected:
  P problem_;

 private:
  std::string identity_;
};

/// Gradients taken on the host.
template <problem P>
class erased_problem : public problem_of_type<P> {
  using T = typename P::scalar;

 public:
  using problem_of_type<P>::problem_of_type;
  void gradient(point<T const> at, sample const* s, point<T> out, int player) const override {
    if constexpr (splits_by_player<P>) {
      if (player != both_players) return this->problem_.gradient(at, *s, out, static_cast<saddle::player>(player));
    }
    this->problem_.gradient(at, *s, out);
  }
};

/// Erases the type of a problem for the trainer. An executor with another memory has a specialization.
template <executor E>
struct erased_for;
template <runs_in_host_memory E>
struct erased_for<E> {
  template <problem P>
  static std::unique_ptr<any_problem<typename P::scalar>> make(E const&, P p) {
    return std::make_unique<erased_problem<P>>(std::move(p));
  }
};
/// A problem whose gradients the kernels of this executor can be given.
template <class P, class E>
concept problem_for = executor<E> && requires(E const& how, P p) { erased_for<E>::make(how, std::move(p)); };

SADDLE_NAMESPACE_END
