// Draws restore points on a track that is a slider: by pointer, or by keyboard.

import { svg } from './dom.js';
import { activity, nearest } from './points.js';

const STRETCH = 5;
const GROUND = 64;
const SNAPSHOT = 76;
const HEIGHT = 88;
const TOP = 10;
const LEAST_SPAN = 10_000;
const MARGIN = 0.02;

/**
 * @param track the element that becomes the slider
 * @param describe gives the words for a point
 * @param onSelect hears of the place that the user chose, and shows it
 */
export function createTimeline(track, describe, onSelect) {
	let points = [];
	let selected = -1;
	let from = 0;
	let to = 1;
	let pinned = null;

	/** Shows these points up to now, with one that stays marked if there is one, and answers the time at the left end. */
	function show(newPoints, newSelected, now, newPinned = null) {
		points = newPoints;
		selected = newSelected;
		pinned = newPinned;
		const last = Math.max(now, points.at(-1).time);
		const first = Math.min(points[0].time, last - LEAST_SPAN);
		from = first - (last - first) * MARGIN;
		to = last + (last - first) * MARGIN;
		draw();
		return first;
	}

	function draw() {
		const width = track.clientWidth;
		if (!width || points.length === 0) {
			return;
		}
		const x = (time) => ((time - from) / (to - from)) * width;
		const point = points[selected];
		const cursor = svg('g', { class: 'cursor' },
			svg('line', { x1: x(point.time), x2: x(point.time), y1: TOP - 4, y2: GROUND }),
			svg('circle', { cx: x(point.time), cy: TOP - 4, r: 5.5 }));
		track.replaceChildren(svg('svg', { viewBox: `0 0 ${width} ${HEIGHT}`, 'aria-hidden': 'true' },
			...bars(width, x(point.time)),
			svg('line', { class: 'ground', x1: 0, x2: width, y1: GROUND, y2: GROUND }),
			...generationBorders(x),
			...points.filter(({ kind }) => kind === 'snapshot').map(({ time }) => diamond(x(time))),
			...(pinned === null ? [] : [pin(x(pinned.time))]),
			cursor));
		track.setAttribute('aria-valuemax', points.length - 1);
		track.setAttribute('aria-valuenow', selected);
		track.setAttribute('aria-valuetext', describe(point));
	}

	function bars(width, cursor) {
		const stretches = Math.max(1, Math.floor(width / STRETCH));
		const sums = activity(points, from, to, stretches);
		const most = Math.max(...sums, 1);
		return sums.flatMap((sum, at) => {
			if (sum === 0) {
				return [];
			}
			const height = Math.max(4, Math.sqrt(sum / most) * (GROUND - TOP - 6));
			return [svg('rect', {
				class: at * STRETCH > cursor ? 'bar lost' : 'bar',
				x: at * STRETCH + 1, y: GROUND - height, width: STRETCH - 2, height, rx: 1,
			})];
		});
	}

	function generationBorders(x) {
		return points.slice(1)
			.filter((point, at) => point.generation !== points[at].generation)
			.map(({ time }) => svg('line', { class: 'border', x1: x(time), x2: x(time), y1: TOP, y2: GROUND }));
	}

	function choose(place) {
		const bounded = Math.max(0, Math.min(points.length - 1, place));
		if (bounded !== selected && points.length > 0) {
			onSelect(bounded);
		}
	}

	function chooseAt(event) {
		const { left, width } = track.getBoundingClientRect();
		choose(nearest(points, from + ((event.clientX - left) / width) * (to - from)));
	}

	track.addEventListener('pointerdown', (event) => {
		if (event.button === 0) {
			track.setPointerCapture(event.pointerId);
			track.focus({ preventScroll: true });
			chooseAt(event);
		}
	});
	track.addEventListener('pointermove', (event) => {
		if (track.hasPointerCapture(event.pointerId)) {
			chooseAt(event);
		}
	});
	track.addEventListener('keydown', (event) => {
		const steps = {
			ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1,
			PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity,
		};
		if (event.key in steps && !event.ctrlKey && !event.metaKey && !event.altKey) {
			event.preventDefault();
			choose(selected + steps[event.key]);
		}
	});
	new ResizeObserver(draw).observe(track);

	return { show };
}

function pin(x) {
	return svg('g', { class: 'pin' }, svg('line', { x1: x, x2: x, y1: TOP - 4, y2: GROUND }),
		svg('circle', { cx: x, cy: TOP - 4, r: 4.5 }));
}

function diamond(x) {
	return svg('path', { class: 'snapshot', d: `M${x} ${SNAPSHOT - 5}l5 5l-5 5l-5 -5z` });
}
