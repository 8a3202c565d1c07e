"""Builds road networks as graphs, and looks for paths, components and central places."""

import networkx
from common import RANDOM, loaded, scaled, show


def network(side):
    graph = networkx.Graph()
    for row in range(side):
        for column in range(side):
            for to in ((row + 1, column), (row, column + 1)):
                if max(to) < side and RANDOM.random() < 0.9:
                    graph.add_edge((row, column), to, weight=RANDOM.randint(1, 20), lanes=RANDOM.randint(1, 3))
    return graph


def study(graph, side):
    largest = max(networkx.connected_components(graph), key=len)
    part = graph.subgraph(largest).copy()
    first, last = min(part), max(part)
    path = networkx.dijkstra_path(part, first, last)
    tree = networkx.minimum_spanning_tree(part)
    core = networkx.core_number(part)
    between = networkx.betweenness_centrality(part, k=6, seed=1)
    best = max(between, key=lambda node: (between[node], node))
    return f"{len(largest)} {path} {tree.size(weight='weight')} {max(core.values())} {best}"


loaded()
show(study(network(side), side) for side in range(20, 20 + scaled(16)))
