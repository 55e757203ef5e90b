#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/run/checkpoint.hpp"
#include "saddle/run/collective.hpp"

SADDLE_NAMESPACE_BEGIN

// A checkpoint of arrays that each lie on one rank, in the host's memory. `each_array(f)` calls, in the same order on
// all of them, f(name, rank, size, here), where `here` is null if the array is elsewhere. The file is rank 0's.

/// add_head(out) writes what comes before the arrays.
/// errors  bad_checkpoint
template <class T, class AddHead, class EachArray>
void save_placed_arrays(std::string const& path, collective& all, AddHead const& add_head,
                        EachArray const& each_array) {
  std::optional<checkpoint_writer> out;
  if (all.rank() == 0) {
    out.emplace(path);
    add_head(*out);
  }
  std::vector<T> distant;
  each_array([&](std::string const& name, int rank, std::size_t size, T* here) {
    std::span<T> values(here, here != nullptr ? size : 0);
    if (here == nullptr && out) {
      distant.resize(size);
      values = distant;
    }
    all.move(rank, 0, std::as_writable_bytes(values));
    if (!out) return;
    out->add(name);
    out->add(std::span<T const>(values));
  });
  all.on_first([&] { out->commit(); });
}

/// Values for the arrays of this process, which are written later. read_head(in) reads what comes before them.
/// errors  bad_checkpoint
template <class T, class ReadHead, class EachArray>
std::vector<std::pair<T*, std::vector<T>>> load_placed_arrays(std::string const& path, collective& all,
                                                              ReadHead const& read_head, EachArray const& each_array) {
  std::vector<std::vector<T>> values;  // all, on rank 0
  all.on_first([&] {
    checkpoint_reader in(path);
    read_head(in);
    each_array([&](std::string const& name, int, std::size_t size, T*) {
      in.expect_array(name);
      if (values.emplace_back(in.template get_all<T>()).size() != size) in.fail("an array has another size");
    });
    in.expect_end();
  });
  std::vector<std::pair<T*, std::vector<T>>> taken;
  std::size_t next = 0;
  each_array([&](std::string const&, int rank, std::size_t size, T* here) {
    std::vector<T> v = all.rank() == 0 ? std::move(values[next++]) : std::vector<T>(here != nullptr ? size : 0);
    all.move(0, rank, std::as_writable_bytes(std::span(v)));
    if (here != nullptr) taken.emplace_back(here, std::move(v));
  });
  return taken;
}

SADDLE_NAMESPACE_END
