// The service times a stage that reads others' hits with those others in it.

// Kinds of index, which ask nobody; "reasons" comes after the search and holds no other stage.
const LEAF = /^(lexical|dense|sparse)/;

// What each stage took by itself, so that the times add up to the whole.
export function ownTimes(timings) {
  let within = 0;
  return timings.map(({ stage, milliseconds }) => {
    if (stage === "reasons") return { stage, milliseconds };
    const own = LEAF.test(stage) ? milliseconds : Math.max(0, milliseconds - within);
    within += own;
    return { stage, milliseconds: own };
  });
}
