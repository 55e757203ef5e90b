#pragma once
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/executor/memory.hpp"
#include "saddle/problem/any_problem.hpp"
#include "saddle/run/buffer_exchange.hpp"
#include "saddle/run/description.hpp"
#include "saddle/run/run_state.hpp"

SADDLE_NAMESPACE_BEGIN

/// A step of a run, behind four calls. The order of its operations is known here and nowhere else.
template <class T>
class any_walk {
 public:
  virtual ~any_walk() = default;
  virtual executor_memory& memory() = 0;
  virtual bucket_layout layout() const = 0;  // for the host
  /// Allocates all arrays and connects them with each other and with the problem. The weights begin at w0; gradients go
  /// to `lent`, one a hosted worker, where that is not empty.
  virtual void bind(run_state<T>& run, any_problem<T>& problem, buffer_rule buffers, std::span<T const> w0,
                    std::span<point<T> const> lent) = 0;
  /// Of the problem's buffers, for descriptions; empty where there are none.
  virtual std::string describe_buffers() const = 0;
  /// The gradients of hosted workers go elsewhere from now on.
  virtual void lend(std::span<point<T> const> lent) = 0;
  /// Before a step: all that its kernels need to know.
  virtual void prepare() = 0;
  /// The step: an executor may record it, once for each kind.
  virtual void launch() = 0;
  /// Whether an array is a public copy that others hold too, and those that are held here, of workers elsewhere.
  virtual bool mixes_copies(std::string const& array) const = 0;
  virtual std::vector<std::pair<int, T*>> distant_copies(std::string const& array) const = 0;
  /// Before the first step that loads or runs: public copies are allocated for whoever is heard.
  virtual void plan_first() = 0;
  virtual run_description describe() const = 0;
  virtual bool has_server() const = 0;
  virtual bool adds_up() const = 0;       // all that is averaged is sent exactly, both ways
  virtual bool serves_whole() const = 0;  // what goes down is selected across buckets
};

SADDLE_NAMESPACE_END
