#pragma once
#include <cstddef>
#include <deque>
#include <utility>

#include "saddle/config.hpp"
#include "saddle/executor/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// The memory of an executor behind virtual calls, for all that does not depend on its type.
class executor_memory {
 public:
  virtual ~executor_memory() = default;
  virtual bool on_host() const = 0;
  template <class U>
  U* allocate(std::size_t n) {
    return reinterpret_cast<U*>(allocate_bytes(n * sizeof(U)));
  }
  template <class U>
  void read(U* host, U const* there, std::size_t n) const {
    read_bytes(reinterpret_cast<std::byte*>(host), reinterpret_cast<std::byte const*>(there), n * sizeof(U));
  }
  template <class U>
  void write(U* there, U const* host, std::size_t n) {
    write_bytes(reinterpret_cast<std::byte*>(there), reinterpret_cast<std::byte const*>(host), n * sizeof(U));
  }
  template <class U>
  void copy(U* to, U const* from, std::size_t n) {
    copy_bytes(reinterpret_cast<std::byte*>(to), reinterpret_cast<std::byte const*>(from), n * sizeof(U));
  }
  /// n bytes, zero, which live as long as this.
  virtual std::byte* allocate_bytes(std::size_t n) = 0;
  virtual void read_bytes(std::byte* host, std::byte const* there, std::size_t n) const = 0;
  virtual void write_bytes(std::byte* there, std::byte const* host, std::size_t n) = 0;
  virtual void copy_bytes(std::byte* to, std::byte const* from, std::size_t n) = 0;
};

template <class Engine, bool OnHost>
class memory_of final : public executor_memory {
 public:
  explicit memory_of(Engine& engine) : engine_(engine) {}
  bool on_host() const override { return OnHost; }
  /// Where there are hundreds of small arrays, for as many workers, they share blocks on huge pages: a step over
  /// thousands of pages waits for address translation most of the time.
  std::byte* allocate_bytes(std::size_t n) override {
    constexpr std::size_t block = std::size_t{1} << 22, few = 256;
    if (arrays_.size() < few || n > block / 16)
      return arrays_.emplace_back(engine_.template allocate<std::byte>(n)).data();
    n = (n + 127) / 128 * 128;
    if (left_ < n) {
      left_ = block;
      next_ = arrays_.emplace_back(engine_.template allocate<std::byte>(block)).data();
    }
    left_ -= n;
    return std::exchange(next_, next_ + n);
  }
  void read_bytes(std::byte* host, std::byte const* there, std::size_t n) const override {
    engine_.read(host, there, n);
  }
  void write_bytes(std::byte* there, std::byte const* host, std::size_t n) override { engine_.write(there, host, n); }
  void copy_bytes(std::byte* to, std::byte const* from, std::size_t n) override { engine_.copy(to, from, n); }

 private:
  Engine& engine_;
  std::deque<typename Engine::template array<std::byte>> arrays_;  // a deque does not move what it holds
  std::byte* next_ = nullptr;                                      // in a block that is shared
  std::size_t left_ = 0;
};

SADDLE_NAMESPACE_END
