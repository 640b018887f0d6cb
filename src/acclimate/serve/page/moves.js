// What moved between one list of hits and the one to its right.

export function moves(before, here) {
  const ranks = new Map(before.map((result) => [result.passage.id, result.rank]));
  const found = new Set(here.map((result) => result.passage.id));
  return {
    of: new Map(here.map((result) => [result.passage.id, move(ranks.get(result.passage.id), result)])),
    gone: before.filter((result) => !found.has(result.passage.id)),
  };
}

function move(rank, result) {
  if (rank === undefined) return { kind: "new", ranks: 0 };
  const ranks = rank - result.rank;
  return { kind: ranks > 0 ? "up" : ranks < 0 ? "down" : "same", ranks: Math.abs(ranks) };
}

export function shown(move) {
  return { up: `▲ ${move.ranks}`, down: `▼ ${move.ranks}`, same: "=", new: "new" }[move.kind];
}

export function said(move, beside) {
  const ranks = `${move.ranks} ${move.ranks === 1 ? "rank" : "ranks"}`;
  return {
    up: `up ${ranks} from ${beside}`,
    down: `down ${ranks} from ${beside}`,
    same: `same rank as in ${beside}`,
    new: `new: not in ${beside}`,
  }[move.kind];
}
