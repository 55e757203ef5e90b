#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/run/checkpoint.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// What the processes of a run do together, beside its messages. All call the same, in the same order.
/// errors  transport_error
class collective {
 public:
  collective(communicator& between, std::int64_t step) : link_(between), step_(step) {}

  int rank() const { return link_.rank(); }
  int ranks() const { return link_.ranks(); }

  /// `bytes` of one process come to `bytes` of another; the rest do nothing.
  void move(int from, int to, std::span<std::byte> bytes) {
    if (from == to || (rank() != from && rank() != to)) return;
    parcel const p{rank() == from ? to : from, bytes};
    if (rank() == from) exchange({&p, 1}, {});
    else exchange({}, {&p, 1});
  }
  /// Rank 0's bytes come to all.
  void share(std::span<std::byte> bytes) {
    std::vector<parcel> all;
    for (int r = 1; r < ranks(); ++r) all.push_back({r, bytes});
    parcel const first{0, bytes};
    if (rank() == 0) exchange(all, {});
    else exchange({}, {&first, 1});
  }
  template <class T>
    requires std::is_trivially_copyable_v<T>
  void share(T& value) {
    share(std::as_writable_bytes(std::span(&value, 1)));
  }
  void share(std::string& text) {
    std::uint64_t length = text.size();
    share(length);
    text.resize(length);
    share(std::as_writable_bytes(std::span(text)));
  }
  /// Rows of all workers, of which a process has filled those that it hosts: afterwards every process has all.
  template <class T>
  void share_rows(std::span<T> rows) {
    std::size_t const each = rows.size() / static_cast<std::size_t>(link_.workers());
    auto const of = [&](int r) {
      auto const first = static_cast<std::size_t>(link_.first_of(r)),
                 last = static_cast<std::size_t>(link_.first_of(r + 1));
      return std::as_writable_bytes(rows.subspan(first * each, (last - first) * each));
    };
    std::vector<parcel> sends, receives;
    for (int r = 0; r < ranks(); ++r) {
      if (r == rank()) continue;
      sends.push_back({r, of(rank())});
      receives.push_back({r, of(r)});
    }
    exchange(sends, receives);
  }
  /// The sum of all processes' values.
  std::uint64_t sum(std::uint64_t value) {
    std::vector<std::uint64_t> values(static_cast<std::size_t>(ranks()), value);
    std::vector<parcel> all;
    for (int r = 1; r < ranks(); ++r)
      all.push_back({r, std::as_writable_bytes(std::span(&values[static_cast<std::size_t>(r)], 1))});
    parcel const mine{0, std::as_writable_bytes(std::span(&value, 1))};
    if (rank() == 0) exchange({}, all);
    else exchange({&mine, 1}, {});
    value = 0;
    for (std::uint64_t v : values) value += v;
    share(value);
    return value;
  }
  bool any(bool here) { return sum(here ? 1 : 0) != 0; }
  /// All bytes that were put on wires.
  std::int64_t wire_bytes() { return static_cast<std::int64_t>(sum(static_cast<std::uint64_t>(link_.wire_bytes()))); }
  /// All say the same, or all fail: what rank 0 says and the first rank that says something else stands in the error of
  /// every process, after `who` and what it means that they differ.
  /// errors  std::invalid_argument
  void agree(char const* who, char const* differ, std::string const& mine) {
    std::string first = mine;
    share(first);
    if (!any(first != mine)) return;
    int other = ranks() - 1;  // the first rank that differs
    for (int r = other - 1; r > 0; --r)
      if (any(r == rank() && first != mine)) other = r;
    std::string theirs = mine;
    std::uint64_t length = theirs.size();
    move(other, 0, std::as_writable_bytes(std::span(&length, 1)));
    if (rank() == 0) theirs.resize(length);
    move(other, 0, std::as_writable_bytes(std::span(theirs)));
    share(theirs);
    expects(false, [&] {
      return std::string(who) + ": " + differ + "; rank 0 has " + first + ", rank " + std::to_string(other) + " has " +
             theirs;
    });
  }
  /// f() on rank 0. Its bad_checkpoint is thrown by all.
  template <class F>
  void on_first(F const& f) {
    std::string error;
    if (rank() == 0) try {
        f();
      } catch (bad_checkpoint const& e) {
        error = e.what();
      }
    share(error);
    if (!error.empty()) throw bad_checkpoint(error);
  }

 private:
  void exchange(std::span<parcel const> sends, std::span<parcel const> receives) {
    link_.start({step_, 0, {}, sends, receives});
    link_.finish();
  }
  communicator& link_;
  std::int64_t step_;
};

SADDLE_NAMESPACE_END
