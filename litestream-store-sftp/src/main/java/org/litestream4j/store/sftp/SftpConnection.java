package org.litestream4j.store.sftp;

import java.util.concurrent.atomic.AtomicInteger;

import org.apache.sshd.client.session.ClientSession;

/** A connection to a server, with one channel. Thread-safe. */
final class SftpConnection {

	private final ClientSession session;

	private final SftpChannel channel;

	private final AtomicInteger uses = new AtomicInteger();

	private volatile boolean broken;

	private volatile boolean proven;

	SftpConnection(ClientSession session, SftpChannel channel) {
		this.session = session;
		this.channel = channel;
	}

	SftpChannel channel() {
		return this.channel;
	}

	/** How many calls use it now. */
	int uses() {
		return this.uses.get();
	}

	void use() {
		this.uses.incrementAndGet();
	}

	/** A call does not use it any more. */
	void done() {
		this.uses.decrementAndGet();
	}

	/** A call got its answers. */
	void prove() {
		this.proven = true;
	}

	/**
	 * Whether a call before this one has got an answer: if it fails now, it may just have
	 * been idle for too long.
	 */
	boolean isProven() {
		return this.proven;
	}

	boolean isUsable() {
		return !this.broken && this.session.isOpen() && this.channel.isOpen() && !this.channel.isClosing();
	}

	/** Nothing more comes of it: whoever else waits for an answer fails at once. */
	void breakOff() {
		this.broken = true;
		close();
	}

	void close() {
		this.session.close(true);
	}

}
