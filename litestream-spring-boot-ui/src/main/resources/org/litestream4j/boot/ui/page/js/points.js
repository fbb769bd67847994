// What can be restored, worked out from the listings of a replica. No I/O, no page.

/**
 * The restorable points of one replica, oldest first: every snapshot, and every segment that has a
 * snapshot of its generation before it. A segment older than that has nothing to be applied to.
 */
export function restorePoints(snapshots, segments, replica) {
	const base = new Map();
	const points = [];
	for (const snapshot of snapshots.filter((candidate) => candidate.replica === replica)) {
		const time = Date.parse(snapshot.createdAt);
		const { generation } = snapshot;
		base.set(generation, Math.min(time, base.get(generation) ?? Infinity));
		points.push({ ...snapshot, time, kind: 'snapshot' });
	}
	for (const segment of segments.filter((candidate) => candidate.replica === replica)) {
		const time = Date.parse(segment.createdAt);
		if (time >= (base.get(segment.generation) ?? Infinity)) {
			points.push({ ...segment, time, kind: 'segment' });
		}
	}
	return points.sort((a, b) => a.time - b.time || (a.createdAt < b.createdAt ? -1 : 1));
}

/**
 * The restorable points of one LTX replica, oldest first: the last transaction of every file, as far as it can be reached
 * from a file that begins with the first transaction. Unless all files are known, that one may be among the others.
 */
export function transactionPoints(files, replica, all) {
	const ours = files.filter((file) => file.replica === replica);
	const base = all ? Math.min(...ours.filter(({ minTxid }) => minTxid === 1).map(({ maxTxid }) => maxTxid)) : 0;
	const points = new Map();
	for (const { level, maxTxid, size, createdAt } of ours.toSorted((a, b) => b.level - a.level)) {
		if (maxTxid >= base) {
			const kind = level === 9 || points.get(maxTxid)?.kind === 'snapshot' ? 'snapshot' : 'segment';
			points.set(maxTxid, { replica, txid: maxTxid, size, createdAt, time: Date.parse(createdAt), kind });
		}
	}
	return [...points.values()].sort((a, b) => a.time - b.time || a.txid - b.txid);
}

/** The points not older than a number of seconds, but always at least the newest one. */
export function within(points, seconds, now) {
	const recent = points.filter(({ time }) => time >= now - seconds * 1000);
	return recent.length > 0 ? recent : points.slice(-1);
}

/** Bytes of WAL in each of a number of equal stretches of time. */
export function activity(points, from, to, stretches) {
	const sums = new Array(stretches).fill(0);
	for (const { time, size, kind } of points) {
		if (kind === 'segment') {
			const at = Math.floor(((time - from) / (to - from)) * stretches);
			sums[Math.max(0, Math.min(stretches - 1, at))] += size;
		}
	}
	return sums;
}

/** The place in a sorted list of the point nearest to a time. */
export function nearest(points, time) {
	let low = 0;
	let high = points.length - 1;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (points[middle].time < time) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low > 0 && time - points[low - 1].time <= points[low].time - time ? low - 1 : low;
}
