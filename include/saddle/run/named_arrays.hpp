#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/executor/memory.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

/// What the host knows of an array that an operation uses. No policy has a part in it: what follows is compiled once.
struct array_use {
  char const* text;
  bool of_slot, at_weights, lasts, of_optimizer, loaded, stored;
  std::string in(char const* slot) const { return of_slot ? std::string(slot) + "." + text : std::string(text); }
};
enum class owner { workers, everyone, server };

/// An array of every hosted worker, or one for all where all that writes it is the same for all, or the server's.
template <class T>
struct named_array {
  bool at_weights = false, lasts = false, of_optimizer = false;
  bool by_workers = false, by_all = false, by_server = false;
  std::size_t size = 0;
  std::vector<std::array<T*, 2>> at{};  // one a hosted worker or one; of each player, seen from coordinate 0

  owner whose() const { return by_server ? owner::server : by_workers ? owner::workers : owner::everyone; }
  T* of(int worker, int player = 0) const {
    return at[by_workers ? static_cast<std::size_t>(worker) : 0][static_cast<std::size_t>(player)];
  }
};

/// All arrays of a run by name: they are allocated, bound, saved, loaded and averaged here, and no algorithm is known.
template <class T>
class named_arrays {
 public:
  named_array<T>& declare(std::string const& name, array_use const& as) {
    named_array<T>& a = with_name(name);
    a.at_weights = as.at_weights;
    a.lasts = as.lasts;
    a.of_optimizer = as.of_optimizer;
    return a;
  }
  named_array<T>& server_array(std::string const& name) {
    named_array<T>& a = with_name(name);
    a.by_server = a.lasts = true;
    return a;
  }
  /// Whoever reads what is a worker's own, and writes, writes what is a worker's own.
  void declare(char const* slot, std::span<array_use const> uses, owner rows, bool as_they_read) {
    bool own = rows == owner::workers;
    for (array_use const& one : uses) own |= declare(one.in(slot), one).by_workers && as_they_read;
    for (array_use const& one : uses)
      if (one.stored && own) with_name(one.in(slot)).by_workers = true;
      else if (one.stored && !as_they_read) with_name(one.in(slot)).by_all = true;
  }
  /// errors  std::logic_error: an array is written by each worker and by all of them
  void allocate(executor_memory& memory, std::size_t n, int hosted) {
    for (auto& [name, a] : arrays_) {
      if (!a.at.empty()) continue;
      a.size = n;
      for (int m = 0; m < (a.whose() == owner::workers ? hosted : 1); ++m) {
        T* const there = memory.template allocate<T>(n);
        a.at.push_back({there, there});
      }
    }
  }
  named_array<T> const* find(std::string const& name) const {
    for (auto const& [text, a] : arrays_)
      if (text == name) return &a;
    return nullptr;
  }
  named_array<T> const& at(std::string const& name) const { return const_cast<named_arrays&>(*this)[name]; }
  named_array<T>& operator[](std::string const& name) {
    named_array<T> const* const found = find(name);
    expects(found != nullptr, [&] { return "no operation of this run has an array " + name; });
    return const_cast<named_array<T>&>(*found);
  }
  auto begin() const { return arrays_.begin(); }
  auto end() const { return arrays_.end(); }
  auto begin() { return arrays_.begin(); }
  auto end() { return arrays_.end(); }

 private:
  /// In the order of their names: it is that of checkpoints.
  named_array<T>& with_name(std::string const& name) {
    std::size_t i = 0;
    while (i < arrays_.size() && arrays_[i].first < name) ++i;
    if (i == arrays_.size() || arrays_[i].first != name)
      arrays_.insert(arrays_.begin() + static_cast<std::ptrdiff_t>(i), {name, named_array<T>{}});
    return arrays_[i].second;
  }

  std::vector<std::pair<std::string, named_array<T>>> arrays_;
};

SADDLE_NAMESPACE_END
