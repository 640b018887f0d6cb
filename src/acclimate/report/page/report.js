// Without this script every sample is there all the same; only the filter box is missing.
(function () {
  "use strict";
  var box = document.getElementById("filter");
  if (!box) { return; }
  var samples = Array.from(document.querySelectorAll("details.sample"));
  var said = document.getElementById("found");
  var texts = samples.map(function (sample) { return sample.textContent.toLowerCase(); });
  document.getElementById("filter-field").hidden = false;
  box.addEventListener("input", function () {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    var shown = 0;
    samples.forEach(function (sample, i) {
      var fits = words.every(function (word) { return texts[i].includes(word); });
      sample.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    said.textContent = shown + " of " + samples.length + " queries shown";
  });
})();
