using System.Text;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Tests.Model;

/// <summary>A small package that has one of everything a schema can declare.</summary>
static class TestSchema
{
    public const string Json = """
        {
          "name": "studio",
          "description": "A made-up package.",
          "config": {
            "variables": {
              "region": { "type": "string", "description": "Where.", "defaultInfo": { "environment": ["STUDIO_REGION", "REGION"] } },
              "accessKey": { "type": "string", "secret": true, "description": "The key." },
              "verbose": { "type": "boolean", "description": "Say more." },
              "limit": { "type": "integer", "description": "How many." },
              "mode": { "$ref": "#/types/studio:index:Kind", "description": "How." },
              "accounts": { "type": "array", "items": { "type": "string" }, "description": "Whose." },
              "tags": { "type": "object", "additionalProperties": { "type": "string" }, "description": "Marks." },
              "role": { "$ref": "#/types/studio:index:Role", "description": "As whom." },
              "anything": { "$ref": "pulumi.json#/Any", "description": "What you like." }
            }
          },
          "provider": {
            "description": "The provider.",
            "inputProperties": {
              "region": { "type": "string", "description": "The region.", "defaultInfo": { "environment": ["STUDIO_REGION", "REGION"] } },
              "accessKey": { "type": "string", "secret": true, "description": "The key." },
              "verbose": { "type": "boolean", "description": "Say more." },
              "limit": { "type": "integer", "description": "How many." },
              "mode": { "$ref": "#/types/studio:index:Kind", "description": "How." },
              "accounts": { "type": "array", "items": { "type": "string" }, "description": "Whose." },
              "tags": { "type": "object", "additionalProperties": { "type": "string" }, "description": "Marks." },
              "role": { "$ref": "#/types/studio:index:Role", "description": "As whom." },
              "anything": { "$ref": "pulumi.json#/Any", "description": "What you like." }
            }
          },
          "types": {
            "studio:index:Stage": {
              "type": "object",
              "description": "A stage, which may hold another one.",
              "properties": {
                "name": { "type": "string", "description": "Its name." },
                "password": { "type": "string", "secret": true, "description": "Opens it." },
                "width": { "type": "integer", "default": 1280, "description": "In pixels." },
                "quality": { "$ref": "#/types/studio:deep%2Fmodule:Quality", "description": "How good." },
                "inner": { "$ref": "#/types/studio:index:Stage", "description": "The stage on the stage." }
              },
              "required": ["name"]
            },
            "studio:index:Camera": {
              "type": "object",
              "properties": {
                "inputUrl": { "type": "string", "description": "Where it streams from." },
                "angle": { "type": "number", "default": 0.5, "description": "In radians." }
              },
              "required": ["inputUrl"]
            },
            "studio:index:Kind": {
              "type": "string",
              "description": "A kind of show.",
              "enum": [
                { "name": "Live", "value": "live", "description": "Now." },
                { "value": "vod", "description": "Whenever." },
                { "value": "RTMP", "description": "By address." }
              ]
            },
            "studio:deep/module:Quality": { "type": "integer", "enum": [{ "value": 1 }, { "value": 2, "description": "Better." }] },
            "studio:index:Role": {
              "type": "object",
              "properties": {
                "roleArn": { "type": "string", "description": "Its name." },
                "durationSeconds": { "type": "integer", "description": "How long." },
                "externalId": { "type": "string", "secret": true, "description": "Proves it." },
                "steps": { "type": "array", "items": { "$ref": "#/types/studio:index:Role" }, "description": "On the way." }
              },
              "required": ["roleArn"]
            }
          },
          "resources": {
            "studio:index:Show": {
              "description": "A show.",
              "properties": {
                "target": { "type": "string", "secret": true, "description": "Where it goes." },
                "status": { "type": "string", "description": "How it is." }
              },
              "required": ["target", "status"],
              "inputProperties": {
                "title": { "type": "string", "description": "Its name." },
                "target": { "type": "string", "secret": true, "willReplaceOnChanges": true, "description": "Where it goes. Must be empty before.\nMore." },
                "kind": { "$ref": "#/types/studio:index:Kind", "default": "live", "description": "What it is." },
                "retries": { "type": "integer", "default": 3, "description": "How often." },
                "volume": { "type": "number", "description": "How loud." },
                "muted": { "type": "boolean", "default": false, "description": "Not at all loud." },
                "channels": { "type": "array", "items": { "type": "string" }, "description": "Which." },
                "cameras": {
                  "type": "array", "items": { "$ref": "#/types/studio:index:Camera" }, "willReplaceOnChanges": true, "description": "From where."
                },
                "stage": { "$ref": "#/types/studio:index:Stage", "description": "On what." },
                "rooms": { "type": "object", "additionalProperties": { "$ref": "#/types/studio:index:Stage" }, "description": "Around it." },
                "labels": { "type": "object", "additionalProperties": { "type": "string" }, "description": "Marks." },
                "extra": { "$ref": "pulumi.json#/Any", "description": "What you like." }
              },
              "requiredInputs": ["target", "kind"]
            }
          },
          "functions": {
            "studio:index:getShow": {
              "inputs": { "properties": { "id": { "type": "string" } }, "required": ["id"] },
              "outputs": { "properties": { "status": { "type": "string" } } }
            },
            "studio:index:ping": {}
          }
        }
        """;

    public static readonly byte[] Utf8 = Encoding.UTF8.GetBytes(Json);

    public static readonly PackageSchema Package = PackageSchema.Parse(Utf8);

    public static readonly ObjectSchema Inputs = Package.Resources["studio:index:Show"].Inputs;

    public static readonly ObjectSchema Config = Package.Config;

    /// <summary>The least that a show can state.</summary>
    public static PropertyMap Least => new() { ["target"] = "rtmp://push.example.com/a?key=1" };

    /// <summary>Normalises and gives what was found wrong, as "property|reason".</summary>
    public static (PropertyMap Result, IReadOnlyList<string> Failures) Check(PropertyMap news)
    {
        var failures = new CheckFailures(Inputs, news);
        var result = SchemaCheck.Normalise(Inputs, news, failures);
        return (result, Texts(failures));
    }

    public static (PropertyMap Result, IReadOnlyList<string> Failures) Decode(PropertyMap news)
    {
        var failures = new CheckFailures(Config, news);
        var result = SchemaCheck.DecodeConfig(Config, news, failures);
        return (result, Texts(failures));
    }

    /// <summary>Drops the top-level values that are equal to their property's default: what a program would not have to state.</summary>
    public static PropertyMap WithoutDefaults(ObjectSchema schema, PropertyMap values)
    {
        var result = new PropertyMap(values);
        foreach (var property in schema.Ordered)
        {
            if (property.Default is not null && result[property.Name] is { } value && PropertyValue.SameValue(value, property.Default))
                result.Remove(property.Name);
        }
        return result;
    }

    public static IReadOnlyList<string> Texts(CheckFailures failures) => [.. failures.ToList().Select(failure => $"{failure.Property}|{failure.Reason}")];

    /// <summary>Compares maps whatever the order of their names, which the assertion library would not do.</summary>
    public static void ShouldHold(this PropertyMap actual, PropertyMap expected) => actual.Equals(expected).ShouldBeTrue($"{Show(actual)}\nis not\n{Show(expected)}");

    /// <summary>A value as a person can read it.</summary>
    public static string Show(PropertyValue value) => value switch
    {
        SecretValue secret => $"secret({Show(secret.Element)})",
        OutputValue output => $"output({(output.Element is null ? "?" : Show(output.Element))})",
        ArrayValue list => $"[{string.Join(", ", list.Items.Select(Show))}]",
        ObjectValue map => $"{{{string.Join(", ", map.Fields.Select(field => $"{field.Key}: {Show(field.Value)}"))}}}",
        StringValue text => $"'{text.Value}'",
        NumberValue number => number.Value.ToString("R"),
        BoolValue boolean => boolean.Value.ToString(),
        _ => value.ToString(),
    };
}
