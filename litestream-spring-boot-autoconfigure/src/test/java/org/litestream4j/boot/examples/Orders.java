package org.litestream4j.boot.examples;

import java.io.IOException;
import java.time.Duration;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.OnTimeout;
import org.litestream4j.boot.ReplicatedCommit;

@Service
class Orders {

	private final JdbcClient jdbc;

	private final Litestream litestream;

	Orders(JdbcClient jdbc, Litestream litestream) {
		this.jdbc = jdbc;
		this.litestream = litestream;
	}

	/** Not in a transaction: what is not committed yet cannot be in a backup. */
	boolean accept(String order) throws IOException, InterruptedException {
		this.jdbc.sql("INSERT INTO orders(text) VALUES (?)").param(order).update();
		return this.litestream.awaitReplicated(Duration.ofSeconds(5));
	}

	@ReplicatedCommit(onTimeout = OnTimeout.FAIL)
	@Transactional
	public void pay(String order) {
		this.jdbc.sql("UPDATE orders SET paid = TRUE WHERE text = ?").param(order).update();
	}

	boolean cancel(String order) {
		return this.litestream
			.replicated(() -> this.jdbc.sql("DELETE FROM orders WHERE text = ?").param(order).update() > 0);
	}

}
