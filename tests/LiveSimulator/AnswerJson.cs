using System.Text.Encodings.Web;
using System.Text.Json;

namespace LiveSimulator;

static class AnswerJson
{
    /// <summary>Writes addresses readably, and for people who look at the admin door, indented.</summary>
    public static JsonSerializerOptions Options { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonSerializerOptions Indented { get; } = new(Options) { WriteIndented = true };
}
