#include "signature.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "device.h"
#include "params.h"

namespace convolt {
namespace {

constexpr int64_t kMostElements = int64_t(1) << 40;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

Field::Kind parse_kind(std::string_view text) {
  if (text == "size") return Field::Kind::size;
  if (text == "positive") return Field::Kind::positive;
  if (text == "offset") return Field::Kind::offset;
  if (text == "float") return Field::Kind::real;
  if (text == "sizes") return Field::Kind::sizes;
  if (text.ends_with('|')) return Field::Kind::choice;
  throw std::logic_error("internal: ops.def: unknown field kind " + std::string(text));
}

int64_t product(int64_t a, int64_t b) {
  int64_t result;
  if (__builtin_mul_overflow(a, b, &result) || result > kMostElements)
    throw std::runtime_error("out of memory: a tensor of more than 2^40 elements");
  return result;
}

int64_t product_of_sizes(const int32_t* sizes) {
  int64_t result = 1;
  for (int axis = 0; axis < kMaxRank; axis++) result = product(result, sizes[axis]);
  return result;
}

// How many elements a walk over `sizes` with `strides` reaches into.
int64_t strided_extent(const int32_t* sizes, const int32_t* strides) {
  if (product_of_sizes(sizes) == 0) return 0;
  int64_t last = 0;
  for (int axis = 0; axis < kMaxRank; axis++) last += int64_t(sizes[axis] - 1) * strides[axis];
  return last + 1;
}

}  // namespace

Signature::Signature(std::string_view op, std::string_view in, std::string_view out, std::string_view field_list)
    : name(op) {
  for (std::string_view item : split(field_list, ' ')) {
    size_t colon = item.find(':');
    Field f{std::string(item.substr(0, colon)), parse_kind(item.substr(colon + 1)), words, 1};
    if (f.kind == Field::Kind::sizes) f.words = kMaxRank;
    if (f.kind == Field::Kind::choice) f.choices = int32_t(std::count(item.begin(), item.end(), '|'));
    words += f.words;
    fields.push_back(f);
  }
  for (std::string_view item : split(in, ' ')) inputs.push_back(parse_buffer(item));
  for (std::string_view item : split(out, ' ')) outputs.push_back(parse_buffer(item));
  if (inputs.size() > kMostInputs || outputs.size() > kMostOutputs || words > int(kMostParamWords))
    throw std::logic_error("internal: ops.def: " + name + " has more buffers or parameters than a command has room for");
}

const Field& Signature::field(std::string_view field_name) const {
  for (const Field& f : fields)
    if (f.name == field_name) return f;
  throw std::logic_error("internal: ops.def: " + name + " has no parameter " + std::string(field_name));
}

BufferSpec Signature::parse_buffer(std::string_view text) const {
  size_t open = text.find('['), close = text.find(']');
  if (open == text.npos || close == text.npos) throw std::logic_error("internal: ops.def: " + name + ": " + std::string(text));
  BufferSpec buffer;
  std::string_view label = text.substr(0, open), suffix = text.substr(close + 1);
  for (; label.back() == '?' || label.back() == '!'; label.remove_suffix(1))
    (label.back() == '?' ? buffer.optional : buffer.in_place) = true;
  buffer.name = label;
  if (suffix == ":f") buffer.type = BufferSpec::Type::floating;
  if (suffix == ":same") buffer.type = BufferSpec::Type::same;
  if (suffix == ":any") buffer.type = BufferSpec::Type::any;
  if (suffix == ":u8") buffer.dtype = DType::u8;
  if (suffix == ":i32") buffer.dtype = DType::i32;
  if (suffix == ":bf16") buffer.dtype = DType::bf16;
  if (suffix == ":f16") buffer.dtype = DType::f16;
  for (std::string_view extent : split(text.substr(open + 1, close - open - 1), ',')) buffer.extents.push_back(parse_extent(extent));
  return buffer;
}

Extent Signature::parse_extent(std::string_view text) const {
  if (text == "*") return {Extent::Kind::count};
  if (size_t at = text.find('@'); at != text.npos)
    return {Extent::Kind::strided, 0, field(text.substr(0, at)).word, field(text.substr(at + 1)).word};
  if (size_t slash = text.find('/'); slash != text.npos)
    return {Extent::Kind::quotient, 0, field(text.substr(0, slash)).word, field(text.substr(slash + 1)).word};
  int64_t number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc()) return {Extent::Kind::number, number};
  const Field& f = field(text);
  return {f.kind == Field::Kind::sizes ? Extent::Kind::sizes : Extent::Kind::field, 0, f.word};
}

void Signature::check(const int32_t* params) const {
  // Strides, dilations, windows and paddings stay small enough for positions to be counted in 32 bits.
  constexpr int32_t most_step = 1 << 15;
  for (const Field& f : fields) {
    int32_t least = 0, most = INT32_MAX;
    switch (f.kind) {
      case Field::Kind::real: continue;
      case Field::Kind::size:
      case Field::Kind::sizes: break;
      case Field::Kind::positive: least = 1, most = most_step; break;
      case Field::Kind::offset: least = -most_step, most = most_step; break;
      case Field::Kind::choice: most = f.choices - 1; break;
    }
    for (int word = f.word; word < f.word + f.words; word++)
      if (params[word] < least || params[word] > most)
        throw std::runtime_error("internal: " + name + ": parameter " + f.name + " is " + std::to_string(params[word]));
  }
}

int64_t Signature::numel(const BufferSpec& buffer, const int32_t* params, int64_t count) const {
  int64_t result = 1;
  for (const Extent& extent : buffer.extents) {
    switch (extent.kind) {
      case Extent::Kind::number: result = product(result, extent.number); break;
      case Extent::Kind::field: result = product(result, params[extent.word]); break;
      case Extent::Kind::quotient:
        if (params[extent.word] % params[extent.other] != 0)
          throw std::runtime_error("internal: " + name + ": " + buffer.name + " has an extent that does not divide");
        result = product(result, params[extent.word] / params[extent.other]);
        break;
      case Extent::Kind::sizes: result = product(result, product_of_sizes(params + extent.word)); break;
      case Extent::Kind::strided: result = product(result, strided_extent(params + extent.word, params + extent.other)); break;
      case Extent::Kind::count: result = product(result, count); break;
    }
  }
  return result;
}

const std::vector<OpText>& op_texts() {
  static const std::vector<OpText> texts = {
#define OP(name, inputs, outputs, Params) {#name, inputs, outputs, #Params, Params::fields},
#include "ops.def"
#undef OP
  };
  return texts;
}

const std::vector<Signature>& signatures() {
  static const std::vector<Signature> all = [] {
    std::vector<Signature> list;
    for (const OpText& op : op_texts()) list.emplace_back(op.name, op.inputs, op.outputs, op.fields);
    return list;
  }();
  return all;
}

}  // namespace convolt
