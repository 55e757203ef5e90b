#pragma once
#include <atomic>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// A function, a lambda, a std::function or an object of one's own. It is called as const: what it gives is the same
/// whenever and however often it is asked.
template <class F>
concept gives_a_number_each_step =
    !std::convertible_to<F, double> && std::is_invocable_r_v<double, F const&, std::int64_t>;

/// Any of them, or none. Copies share it.
class step_function {
 public:
  constexpr step_function() = default;
  template <gives_a_number_each_step F>
  explicit step_function(F f) {
    if constexpr (requires { f == nullptr; })
      if (f == nullptr) return;
    it_ = new holder_of<F>(std::move(f));
  }
  constexpr step_function(step_function const& other) : it_(other.it_) {
    if (it_ != nullptr) it_->copies.fetch_add(1, std::memory_order_relaxed);
  }
  constexpr step_function(step_function&& other) noexcept : it_(std::exchange(other.it_, nullptr)) {}
  constexpr step_function& operator=(step_function other) noexcept {
    std::swap(it_, other.it_);
    return *this;
  }
  constexpr ~step_function() {
    if (it_ != nullptr && it_->copies.fetch_sub(1, std::memory_order_acq_rel) == 1) delete it_;
  }
  constexpr bool is_none() const { return it_ == nullptr; }
  double operator()(std::int64_t step) const { return it_->at(step); }

 private:
  struct holder {
    std::atomic<std::int64_t> copies = 1;
    virtual ~holder() = default;
    virtual double at(std::int64_t step) const = 0;
  };
  template <class F>
  struct holder_of final : holder {
    F f;
    explicit holder_of(F&& g) : f(std::move(g)) {}
    double at(std::int64_t step) const override { return f(step); }
  };
  holder* it_ = nullptr;
};

SADDLE_NAMESPACE_END
