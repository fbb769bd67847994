// Repeats a task gently: not while the page is hidden, and ever slower while it fails.

const SLOWEST = 30_000;

export function poll(task, interval) {
	let wait = interval;
	let timer;
	let running = false;
	let again = false;

	async function run() {
		clearTimeout(timer);
		if (running) {
			again = true;
			return;
		}
		running = true;
		try {
			await task();
			wait = interval;
		} catch (error) {
			wait = Math.min(wait * 2, SLOWEST);
			if (!error.status && error.name !== 'Error') {
				console.error(error);
			}
		} finally {
			running = false;
		}
		if (again) {
			again = false;
			run();
		} else if (!document.hidden) {
			timer = setTimeout(run, wait);
		}
	}

	document.addEventListener('visibilitychange', () => {
		if (document.hidden) {
			clearTimeout(timer);
		} else {
			run();
		}
	});
	run();
	return { now: run };
}
