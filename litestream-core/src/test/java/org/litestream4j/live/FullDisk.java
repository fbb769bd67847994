package org.litestream4j.live;

import java.io.IOException;

import org.litestream4j.testing.DelegatingDisk;

/** Has room for a number of writes. */
final class FullDisk extends DelegatingDisk {

	private int room = Integer.MAX_VALUE;

	void full(int writesLeft) {
		this.room = writesLeft;
	}

	void free() {
		this.room = Integer.MAX_VALUE;
	}

	private void take() throws IOException {
		if (this.room <= 0) {
			throw new IOException("No space left on device");
		}
		this.room--;
	}

	@Override
	protected void beforeWrite() throws IOException {
		take();
	}

	@Override
	protected void beforeForce() throws IOException {
		take();
	}

}
