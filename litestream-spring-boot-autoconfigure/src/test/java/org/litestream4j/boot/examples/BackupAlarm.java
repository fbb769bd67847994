package org.litestream4j.boot.examples;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

import org.litestream4j.boot.event.ReplicaFailingEvent;
import org.litestream4j.boot.event.ReplicaRecoveredEvent;
import org.litestream4j.boot.event.SnapshotTakenEvent;
import org.litestream4j.boot.event.ValidationMismatchEvent;

@Component
class BackupAlarm {

	private final List<String> messages = Collections.synchronizedList(new ArrayList<>());

	@EventListener
	void failing(ReplicaFailingEvent event) {
		send("%s of %s: %s".formatted(event.replica(), event.database(), event.failure().getMessage()));
	}

	@EventListener
	void recovered(ReplicaRecoveredEvent event) {
		send("%s of %s works again".formatted(event.replica(), event.database()));
	}

	@EventListener
	void mismatch(ValidationMismatchEvent event) {
		send("%s of %s differs: %s".formatted(event.replica(), event.database(), event.detail()));
	}

	@EventListener
	void snapshot(SnapshotTakenEvent event) {
		send("%s of %s has a new snapshot".formatted(event.replica(), event.database()));
	}

	void send(String message) {
		this.messages.add(message);
	}

	List<String> messages() {
		return List.copyOf(this.messages);
	}

}
