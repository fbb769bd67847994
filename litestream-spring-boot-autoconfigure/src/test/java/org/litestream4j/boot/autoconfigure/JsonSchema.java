package org.litestream4j.boot.autoconfigure;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

import tools.jackson.databind.JsonNode;

/**
 * As much of JSON Schema as a schema at hand needs: what it does not know it refuses, so
 * that nothing passes unread.
 */
final class JsonSchema {

	/** These say nothing of what is allowed. */
	private static final Set<String> REMARKS = Set.of("$schema", "$id", "$defs", "title", "description", "deprecated",
			"default", "format");

	private final JsonNode root;

	JsonSchema(JsonNode root) {
		this.root = root;
	}

	/** What is wrong with a value: nothing, if it is as the schema says. */
	List<String> errors(JsonNode value) {
		List<String> errors = new ArrayList<>();
		check(this.root, value, "", errors);
		return errors;
	}

	private void check(JsonNode schema, JsonNode value, String at, List<String> errors) {
		if (schema.isBoolean()) {
			if (!schema.booleanValue()) {
				errors.add("%s is not allowed".formatted(at));
			}
			return;
		}
		schema.properties().forEach((entry) -> {
			JsonNode rule = entry.getValue();
			boolean wrong = switch (entry.getKey()) {
				case "type" -> !isOfType(rule, value);
				case "enum" -> rule.valueStream().noneMatch(value::equals);
				case "const" -> !rule.equals(value);
				case "pattern" -> value.isString() && !matches(rule, value.asString());
				case "minimum" -> value.isNumber() && value.asDouble() < rule.asDouble();
				case "maximum" -> value.isNumber() && value.asDouble() > rule.asDouble();
				case "minItems" -> value.isArray() && value.size() < rule.asInt();
				case "maxItems" -> value.isArray() && value.size() > rule.asInt();
				case "uniqueItems" -> rule.asBoolean() && value.isArray()
						&& new HashSet<>(value.valueStream().toList()).size() < value.size();
				case "required" ->
					value.isObject() && !rule.valueStream().allMatch((name) -> value.has(name.asString()));
				case "oneOf" -> matching(rule, value) != 1;
				case "anyOf" -> matching(rule, value) == 0;
				case "allOf" -> matching(rule, value) != rule.size();
				case "not" -> isValid(rule, value);
				case "$ref" -> {
					check(this.root.at(rule.asString().substring(1)), value, at, errors);
					yield false;
				}
				case "items" -> {
					for (int i = 0; value.isArray() && i < value.size(); i++) {
						check(rule, value.get(i), at + "/" + i, errors);
					}
					yield false;
				}
				case "properties", "patternProperties", "additionalProperties" -> false; // together
				default -> {
					if (!REMARKS.contains(entry.getKey()) && !entry.getKey().startsWith("x-")) {
						throw new IllegalStateException("Not known: " + entry.getKey());
					}
					yield false;
				}
			};
			if (wrong) {
				errors.add("%s is %s, against %s %s".formatted(at, value, entry.getKey(), rule));
			}
		});
		if (value.isObject()) {
			members(schema, value, at, errors);
		}
	}

	private void members(JsonNode schema, JsonNode value, String at, List<String> errors) {
		for (Map.Entry<String, JsonNode> member : value.properties()) {
			String place = at + "/" + member.getKey();
			boolean known = false;
			if (schema.path("properties").has(member.getKey())) {
				known = true;
				check(schema.get("properties").get(member.getKey()), member.getValue(), place, errors);
			}
			for (Map.Entry<String, JsonNode> pattern : schema.path("patternProperties").properties()) {
				if (Pattern.compile(pattern.getKey()).matcher(member.getKey()).find()) {
					known = true;
					check(pattern.getValue(), member.getValue(), place, errors);
				}
			}
			if (!known && schema.has("additionalProperties")) {
				check(schema.get("additionalProperties"), member.getValue(), place, errors);
			}
		}
	}

	private int matching(JsonNode schemas, JsonNode value) {
		int matching = 0;
		for (JsonNode each : schemas) {
			matching += isValid(each, value) ? 1 : 0;
		}
		return matching;
	}

	private boolean isValid(JsonNode schema, JsonNode value) {
		List<String> errors = new ArrayList<>();
		check(schema, value, "", errors);
		return errors.isEmpty();
	}

	private static boolean matches(JsonNode pattern, String text) {
		return Pattern.compile(pattern.asString()).matcher(text).find();
	}

	private static boolean isOfType(JsonNode types, JsonNode value) {
		Set<String> allowed = new TreeSet<>();
		if (types.isArray()) {
			types.valueStream().forEach((type) -> allowed.add(type.asString()));
		}
		else {
			allowed.add(types.asString());
		}
		return switch (value.getNodeType()) {
			case OBJECT -> allowed.contains("object");
			case ARRAY -> allowed.contains("array");
			case STRING -> allowed.contains("string");
			case BOOLEAN -> allowed.contains("boolean");
			case NULL -> allowed.contains("null");
			case NUMBER -> allowed.contains("number") || (allowed.contains("integer") && value.isIntegralNumber());
			default -> false;
		};
	}

}
