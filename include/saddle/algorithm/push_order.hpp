#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"

SADDLE_NAMESPACE_BEGIN

/// The order in which a server takes pushes, in files of a worker a line: one that is written, one that is followed.
/// Without a name neither is.
class push_order {
 public:
  /// errors  std::invalid_argument
  push_order(std::string record, std::string replay, int workers)
      : record_(std::move(record)), replay_(std::move(replay)) {
    if (replay_.empty()) return;
    std::ifstream in(replay_);
    expects(in.is_open(), [&] { return "async_server: cannot read " + replay_; });
    for (int m; in >> m; order_.push_back(m))
      expects(m >= 0 && m < workers,
              [&] { return "async_server: " + replay_ + " names worker " + std::to_string(m); });
  }

  /// Whose push is number `turn`, from 0 on; -1 where no order is followed.
  int at(std::int64_t turn) const {
    if (replay_.empty()) return -1;
    auto const place = static_cast<std::size_t>(turn);
    expects(place < order_.size(), [&] {
      return "async_server: " + replay_ + " has no more than " + std::to_string(order_.size()) + " pushes";
    });
    return order_[place];
  }
  /// Push number `turn` is this worker's. A file that is there keeps what came before the first that is noted: a run
  /// goes on that was loaded.
  /// errors  std::invalid_argument: the file has fewer pushes, and stays as it is
  void note(std::int64_t turn, int worker) {
    if (record_.empty()) return;
    if (!out_.is_open() || turn != next_) begin(turn);
    out_ << worker << '\n';
    next_ = turn + 1;
  }
  /// What was noted is in the file.
  /// errors  std::runtime_error
  void flush() {
    if (out_.is_open() && !out_.flush()) throw std::runtime_error("async_server: cannot write " + record_);
  }

 private:
  void begin(std::int64_t turn) {
    std::vector<std::string> before;
    std::ifstream in(record_);
    for (std::string line; std::ssize(before) < turn && std::getline(in, line);) before.push_back(line);
    in.close();
    expects(std::ssize(before) == turn, [&] {
      return "async_server: " + record_ + " has " + std::to_string(before.size()) + " pushes, and number " +
             std::to_string(turn) + " is to follow";
    });
    std::string const part = record_ + ".part";
    out_.close();
    out_.clear();
    out_.open(part);
    for (std::string const& line : before) out_ << line << '\n';
    flush();
    expects(out_.is_open(), [&] { return "async_server: cannot write " + part; });
    std::filesystem::rename(part, record_);
  }

  std::string record_, replay_;
  std::vector<int> order_;
  std::ofstream out_;
  std::int64_t next_ = 0;  // what it is to be told of next
};

SADDLE_NAMESPACE_END
