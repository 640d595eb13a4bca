// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/topology/export.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "topology/cable_list.h"

namespace podsim::topology {

namespace {

using Json = nlohmann::ordered_json;

template <class... Args>
void print(std::ostream& out, fmt::format_string<Args...> text, Args&&... args) {
  fmt::format_to(std::ostreambuf_iterator<char>(out), text, std::forward<Args>(args)...);
}

// --- json ---------------------------------------------------------------------------------------------

class JsonExport {
 public:
  explicit JsonExport(const Pod& pod) : pod_(pod), list_(pod.graph) {}

  // Cables one per line: the library would spread each over five.
  void write(std::ostream& out) const {
    std::string head = head_of_file().dump(2);
    head.resize(head.rfind('\n'));  // without the closing brace
    print(out, "{},\n  \"graph\": ", head);
    std::string graph = head_of_graph().dump(2);
    graph.resize(graph.rfind('\n'));
    for (const char c : graph) c == '\n' ? out << "\n  " : out << c;
    print(out, ",\n    \"links\": [");
    const char* separator = "\n";
    for (const CableList::Cable& cable : list_.cables()) {
      print(out, "{}      {{\"from\": {}, \"to\": {}, \"type\": {}}}", separator, cable.low.value(),
            cable.high.value(), Json(list_.type_name(cable.type)).dump());
      separator = ",\n";
    }
    print(out, "\n    ]\n  }}\n}}\n");
  }

 private:
  Json head_of_file() const {
    const PodConfig& config = pod_.config;
    Json file;
    file["name"] = config.name;
    file["description"] = config.description;
    file["source"] = config.source;
    file["chip"] = config.chip;
    file["stack"] = config.stack;
    file["protocol"] = config.protocol;
    if (config.port_budget) {
      file["port_budget"] = {{"value", config.port_budget->value}, {"source", config.port_budget->source}};
    }
    file["lanes_per_port"] = config.lanes_per_port;
    file["npu_forwards"] = config.npu_forwards;
    file["encoding_efficiency"] = sourced(1.0, "derived: rates below are net");
    file["cards"] = cards();
    return file;
  }

  // Missing ports and slower cables are in the graph already; slower compute is not.
  Json cards() const {
    std::map<double, std::vector<std::size_t>> by_scale;
    for (std::size_t npu = 0; npu < pod_.compute_scale.size(); ++npu) {
      const double scale = pod_.compute_scale[NpuId(npu)];
      if (scale != 1.0) by_scale[scale].push_back(npu);
    }
    Json cards = Json::array();
    for (const auto& [scale, npus] : by_scale) cards.push_back({{"npus", npus}, {"compute_scale", scale}});
    return cards;
  }

  Json head_of_graph() const {
    const Graph& graph = pod_.graph;
    Json json;
    json["npus"] = graph.npu_count();
    json["switches"] = graph.switch_count();
    if (const std::int64_t ports = common_switch_ports()) {
      json["switch_ports"] = sourced(ports, "exported from the pod file");
    }
    json["link_types"] = Json::object();
    for (const LinkTypeId id : list_.types()) {
      const LinkType& type = graph.type(id);
      const std::string& dimension = graph.dimension_names()[type.dimension];
      const std::string source = fmt::format("derived: net of encoding, exported from '{}'", dimension);
      json["link_types"][list_.type_name(id)] = {{"dimension", dimension},
                                                 {"link",
                                                  {{"bandwidth", sourced(to_string(type.bandwidth), source)},
                                                   {"latency", sourced(to_string(type.latency), source)},
                                                   {"medium", config::enum_name(type.medium)},
                                                   {"lanes", sourced(type.lanes, source)},
                                                   {"links_per_cable", type.links_per_cable}}}};
    }
    return json;
  }

  template <class T>
  static Json sourced(const T& value, const std::string& source) {
    return {{"value", value}, {"source", source}};
  }

  // Ports of a switch, if all switches have the same; 0 otherwise.
  std::int64_t common_switch_ports() const {
    const Graph& graph = pod_.graph;
    std::int64_t common = 0;
    for (std::size_t i = graph.npu_count(); i < graph.node_count(); ++i) {
      const std::int64_t ports = graph.switch_info(NodeId(i)).max_lanes / pod_.config.lanes_per_port;
      if (ports == 0 || (common != 0 && ports != common)) return 0;
      common = ports;
    }
    return common;
  }

  const Pod& pod_;
  CableList list_;
};

// --- graphml ------------------------------------------------------------------------------------------

std::string xml(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '&':
        safe += "&amp;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

void write_graphml(const Graph& graph, std::ostream& out) {
  print(out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml "
        "xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n");
  constexpr std::array kKeys{std::pair{"kind", "node"},      std::pair{"tier", "node"},
                             std::pair{"type", "edge"},      std::pair{"dimension", "edge"},
                             std::pair{"bandwidth", "edge"}, std::pair{"latency", "edge"},
                             std::pair{"medium", "edge"}};
  for (const auto& [key, domain] : kKeys) {
    print(out, "  <key id=\"{}\" for=\"{}\" attr.name=\"{}\" attr.type=\"string\"/>\n", key, domain, key);
  }
  print(out, "  <graph edgedefault=\"undirected\">\n");
  for (std::size_t i = 0; i < graph.node_count(); ++i) {
    const NodeId node(i);
    print(out, "    <node id=\"n{}\"><data key=\"kind\">{}</data>", i, graph.is_npu(node) ? "npu" : "switch");
    if (!graph.is_npu(node)) print(out, "<data key=\"tier\">{}</data>", graph.switch_info(node).tier);
    print(out, "</node>\n");
  }
  const CableList list(graph);
  for (const CableList::Cable& cable : list.cables()) {
    const LinkType& type = graph.type(cable.type);
    print(out, "    <edge source=\"n{}\" target=\"n{}\">", cable.low.value(), cable.high.value());
    print(out, "<data key=\"type\">{}</data>", xml(list.type_name(cable.type)));
    print(out, "<data key=\"dimension\">{}</data>", xml(graph.dimension_names()[type.dimension]));
    print(out, "<data key=\"bandwidth\">{}</data>", to_string(type.bandwidth));
    print(out, "<data key=\"latency\">{}</data>", to_string(type.latency));
    print(out, "<data key=\"medium\">{}</data></edge>\n", config::enum_name(type.medium));
  }
  print(out, "  </graph>\n</graphml>\n");
}

// --- dot ----------------------------------------------------------------------------------------------

void write_dot(const Graph& graph, const std::string& name, std::ostream& out) {
  print(out, "graph {} {{\n", Json(name).dump());  // JSON's quoting is Graphviz's
  for (std::size_t i = 0; i < graph.node_count(); ++i) {
    const NodeId node(i);
    print(out, "  n{} [label=\"{}\", shape={}];\n", i, graph.node_name(node),
          graph.is_npu(node) ? "box" : "ellipse");
  }
  const CableList list(graph);
  for (const CableList::Cable& cable : list.cables()) {
    const std::string label =
        fmt::format("{} {}", list.type_name(cable.type), to_string(graph.type(cable.type).bandwidth));
    print(out, "  n{} -- n{} [label={}];\n", cable.low.value(), cable.high.value(), Json(label).dump());
  }
  print(out, "}}\n");
}

}  // namespace

void export_pod(const Pod& pod, ExportFormat format, std::ostream& out) {
  switch (format) {
    case ExportFormat::Json:
      JsonExport(pod).write(out);
      return;
    case ExportFormat::Graphml:
      write_graphml(pod.graph, out);
      return;
    case ExportFormat::Dot:
      write_dot(pod.graph, pod.config.name, out);
      return;
  }
}

}  // namespace podsim::topology
