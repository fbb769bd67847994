package org.litestream4j.boot.examples;

import java.io.IOException;
import java.time.Duration;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;

import org.litestream4j.boot.Litestream;

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

}
