#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <locale>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <CLI/CLI.hpp>
#include <saddle/core/atomic_file.hpp>
#include <saddle/core/number_text.hpp>

#include "../command_line/arguments.hpp"

namespace evidence {

double median(std::vector<double> values) {
  auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::string least_to_most(std::vector<double> const& values) {
  auto const [least, most] = std::ranges::minmax(values);
  return text(least) + " to " + text(most);
}

std::string text(double value, int digits) {
  if (std::isinf(value)) return "never";
  return std::abs(value) >= std::pow(10, digits) ? saddle::fixed_text(value, 0) : saddle::rounded_text(value, digits);
}

void table::print() const {
  std::vector<std::size_t> widths(rows_[0].size(), 3);
  for (auto const& row : rows_)
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  auto const line = [&](std::vector<std::string> const& row) {
    for (std::size_t c = 0; c < row.size(); ++c)
      std::cout << "| " << row[c] << std::string(widths[c] - row[c].size() + 1, ' ');
    std::cout << "|\n";
  };
  std::cout << "\n" << title_ << "\n\n";
  line(rows_[0]);
  std::vector<std::string> rule;
  for (std::size_t const w : widths) rule.emplace_back(w, '-');
  line(rule);
  for (std::size_t r = 1; r < rows_.size(); ++r) line(rows_[r]);
  std::cout << std::flush;
}

void table::save(std::filesystem::path const& path) const {
  std::string text;
  for (auto const& row : rows_)
    for (std::size_t c = 0; c < row.size(); ++c) text += '"' + row[c] + '"' + (c + 1 < row.size() ? "," : "\n");
  saddle::atomic_file file(path.string());
  file.write(text);
  file.commit();
}

void draw(options const& o, std::string const& name, std::vector<panel> const& panels) {
  std::filesystem::path const script = o.out / (name + ".gp");
  std::ostringstream file;
  file.imbue(std::locale::classic());
  file << "set terminal pngcairo size " << 620 * panels.size() << ",460\nset output '" << name << ".png'\n"
       << "set multiplot layout 1," << panels.size() << "\nset key outside below maxcols 3\nset grid\n";
  int block = 0;
  for (panel const& p : panels) {
    file << "set title \"" << p.title << "\"\nset xlabel \"" << p.x << "\"\nset ylabel \"" << p.y
         << "\"\nunset logscale\n";
    if (!p.log.empty()) file << "set logscale " << p.log << "\n";
    int const first = block;
    for (series const& s : p.lines) {
      file << "$s" << block++ << " << END\n";
      for (auto const& [x, y] : s.points)
        if (std::isfinite(x) && std::isfinite(y)) file << x << " " << y << "\n";
      file << "END\n";
    }
    for (std::size_t i = 0; i < p.lines.size(); ++i)
      file << (i == 0 ? "plot " : ", ") << "$s" << first + static_cast<int>(i)
           << " with linespoints pointsize 0.6 title \"" << p.lines[i].name << "\"";
    file << "\n";
  }
  file << "unset multiplot\n";
  saddle::atomic_file out(script.string());
  out.write(file.str());
  out.commit();
  std::string quoted = "'";
  for (char const c : o.out.string()) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  std::string const command = "cd " + quoted + "' && gnuplot " + name + ".gp";
  if (std::system("command -v gnuplot > /dev/null") != 0)
    std::cout << "\nno picture: there is no gnuplot\n";
  else if (std::system(command.c_str()) != 0)
    std::cout << "\nno picture: gnuplot does not like " << script.string() << "\n";
}

int claims::state(std::string claim) {
  all_.push_back({std::move(claim)});
  std::cout << "claim " << all_.size() << ": " << all_.back().text << std::endl;
  return static_cast<int>(all_.size()) - 1;
}

void claims::observe(int claim, bool holds, std::string what) {
  one& c = all_[static_cast<std::size_t>(claim)];
  ++c.observed;
  if (!holds) c.against.push_back(std::move(what));
}

int claims::conclude() const {
  std::string failed;
  std::cout << "\n";
  for (std::size_t i = 0; i < all_.size(); ++i) {
    one const& c = all_[i];
    bool const held = c.observed > 0 && c.against.empty();
    std::cout << "claim " << i + 1 << ": " << c.observed - static_cast<int>(c.against.size()) << " of " << c.observed
              << " measurements agree\n";
    for (std::string const& what : c.against) std::cout << "  against it: " << what << "\n";
    if (!held) failed.append(failed.empty() ? "" : ", ").append(std::to_string(i + 1));
  }
  if (failed.empty()) std::cout << "held: all " << all_.size() << " claims\n";
  else std::cout << "did not hold: claim " << failed << " of " << all_.size() << "\n";
  return failed.empty() ? 0 : 1;
}

namespace {

/// Why "2/8" is none; empty if it is.
std::string read_part(std::string const& text, options& o) {
  std::istringstream in(text);
  char slash = 0;
  int k = 0, n = 0;
  if (!(in >> k >> slash >> n) || slash != '/' || in.peek() != std::istringstream::traits_type::eof() || k < 1 || k > n)
    return "a part is K/N with 1 <= K <= N, as 2/8, and not " + text;
  o.part = k, o.parts = n;
  return {};
}

}  // namespace

int program(int argc, char** argv, char const* about, std::function<int(options const&)> const& measure,
            std::vector<own_option> const& own, options o) {
  CLI::App app{about, std::filesystem::path(argv[0]).filename().string()};
  app.add_flag("--quick", o.quick, "A small form, under two minutes");
  app.add_option("--out", o.out, "Folder for tables (CSV) and pictures (PNG where there is gnuplot)")
      ->capture_default_str();
  app.add_option("--seeds", o.seeds, "Medians are over so many")->check(CLI::Range(1, 99))->capture_default_str();
  app.add_option("--threads", o.threads, "Change no result")->check(CLI::Range(1, 4096))->capture_default_str();
  std::string part = "1/1";
  app.add_option("--part", part, "Only the K-th of N parts of the study, as 2/8; all write to the same --out")
      ->check([&o](std::string const& text) { return read_part(text, o); })
      ->capture_default_str();
  app.add_option("--minutes", o.minutes, "No run begins later; the same command goes on from there. 0 is without end")
      ->check(CLI::Range(0, 1 << 20))
      ->capture_default_str();
  for (own_option const& one : own)
    app.add_option(one.name, *one.value, one.about)->check(CLI::Range(1, 1 << 30))->capture_default_str();
  app.footer("Example: " + app.get_name() + " --quick --out evidence\n\n"
             "MNIST is measured, too, where the environment variable SADDLE_MNIST names a folder with its four files.\n"
             "What was run is kept in the folder and not run again.\n"
             "Exit status: 0 where all claims held, 1 where one did not, 2 after an error, 3 where runs are missing.");
  try {
    command_line::parse_arguments(app, argc, argv);
    std::error_code error;
    std::filesystem::create_directories(o.out, error);
    if (error) throw std::runtime_error("cannot make the folder " + o.out.string() + ": " + error.message());
    return measure(o);
  } catch (command_line::answer const& a) {
    std::cout << a.text;
    return 0;
  } catch (std::exception const& e) {
    std::cerr << app.get_name() << ": " << e.what() << "\n";
    return 2;
  }
}

}  // namespace evidence
