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
#include "saddle/run/messenger.hpp"
#include "saddle/run/named_arrays.hpp"
#include "saddle/run/run_state.hpp"
#include "saddle/run/walk.hpp"

SADDLE_NAMESPACE_BEGIN

// A checkpoint holds the arrays that last, each under its name: one, of what is everyone's or the server's; one of each
// worker, in their order, of what is the workers' own. Whatever the number of processes, the file is the same.

template <class T>
std::vector<T> read_array(run_state<T> const& run, named_array<T> const& a, int worker) {
  std::vector<T> values(a.size);
  run.memory.read(values.data(), static_cast<T const*>(a.of(worker)), a.size);
  return values;
}

/// The file is rank 0's. add_head(out) writes what comes before the arrays.
/// errors  bad_checkpoint
template <class T, class AddHead>
void save_arrays(std::string const& path, collective& all, AddHead const& add_head, run_state<T> const& run,
                 bool serves_whole) {
  std::optional<checkpoint_writer> out;
  if (all.rank() == 0) {
    out.emplace(path);
    add_head(*out);
  }
  for (auto const& [name, a] : run.arrays) {
    if (!a.lasts) continue;
    if (out) {
      out->add(name);
      out->add(static_cast<std::int64_t>(a.whose()));
    }
    if (a.whose() == owner::workers) {
      for (int m = 0; m < run.workers(); ++m) {
        std::vector<T> values;
        if (run.is_hosted(m)) values = read_array(run, a, m - run.first());
        else if (out) values.resize(a.size);
        all.move(run.link.host_of(m), 0, std::as_writable_bytes(std::span(values)));
        if (out) out->add(std::span<T const>(values));
      }
      continue;
    }
    std::vector<T> values = read_array(run, a, 0);
    if (a.whose() == owner::server)
      for (int r = 0; r < run.link.ranks(); ++r)
        for (bucket_range const& part : served_by(run.link, run.layout, serves_whole, r, both_players)) {
          auto const begin = static_cast<std::size_t>(run.layout.begin_at(part.first));
          auto const end = static_cast<std::size_t>(run.layout.begin_at(part.last));
          all.move(r, 0, std::as_writable_bytes(std::span(values).subspan(begin, end - begin)));
        }
    if (out) out->add(std::span<T const>(values));
  }
  all.on_first([&] { out->commit(); });
}
/// What a checkpoint of this run holds from here to its end: names, owners and sizes are looked at, values are not.
/// errors  bad_checkpoint
template <class T>
void expect_arrays(run_state<T> const& run, checkpoint_reader& in) {
  std::size_t const here = in.place();
  for (auto const& [name, a] : run.arrays) {
    if (!a.lasts) continue;
    in.expect_array(name);
    if (in.template get<std::int64_t>() != static_cast<std::int64_t>(a.whose()))
      in.fail("the array " + name + " is kept in another way");
    for (int m = 0; m < (a.whose() == owner::workers ? run.workers() : 1); ++m)
      if (in.template skip_all<T>() != a.size) in.fail("an array has another size");
  }
  in.expect_end();
  in.return_to(here);
}
/// Values from rank 0's file for where they belong, which are written later. read_head(in) reads what comes before.
/// errors  bad_checkpoint
template <class T, class ReadHead>
std::vector<std::pair<T*, std::vector<T>>> load_arrays(std::string const& path, collective& all,
                                                       ReadHead const& read_head, run_state<T> const& run,
                                                       any_walk<T> const& walk) {
  std::optional<checkpoint_reader> in;
  all.on_first([&] {
    in.emplace(path);
    read_head(*in);
    expect_arrays(run, *in);
  });
  std::vector<std::pair<T*, std::vector<T>>> loaded;
  for (auto const& [name, a] : run.arrays) {
    if (!a.lasts) continue;
    if (in) {
      in->get_text();
      in->template get<std::int64_t>();
    }
    auto const next = [&](bool wanted) {
      return in ? in->template get_all<T>() : std::vector<T>(wanted ? a.size : 0);
    };
    if (a.whose() != owner::workers) {
      std::vector<T> v = next(true);
      all.share(std::as_writable_bytes(std::span(v)));
      loaded.emplace_back(a.of(0), std::move(v));
      continue;
    }
    auto const copies = walk.distant_copies(name);  // which whoever hears a worker holds
    bool const copied = !run.link.is_local() && walk.mixes_copies(name);
    for (int m = 0; m < run.workers(); ++m) {
      std::vector<T> v = next(run.is_hosted(m) || copied);
      if (copied) all.share(std::as_writable_bytes(std::span(v)));
      else all.move(0, run.link.host_of(m), std::as_writable_bytes(std::span(v)));
      if (run.is_hosted(m)) loaded.emplace_back(a.of(m - run.first()), std::move(v));
      else
        for (auto const& [worker, copy] : copies)
          if (worker == m) loaded.emplace_back(copy, v);
    }
  }
  return loaded;
}

SADDLE_NAMESPACE_END
