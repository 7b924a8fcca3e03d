using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>
/// One resource type: what the schema cannot say about it. Check and Diff are the schema's, with the resource's rules on top; the life
/// cycle is the resource's own.
/// </summary>
abstract class Resource(ResourceSchema schema)
{
    protected ResourceSchema Schema { get; } = schema;

    /// <summary>The type token.</summary>
    public string Type => Schema.Token;

    /// <summary>Each input and what the service calls it.</summary>
    public abstract IReadOnlyList<Field> Fields { get; }

    /// <summary>What the schema cannot say of valid inputs.</summary>
    public abstract IReadOnlyList<Rule> Rules { get; }

    /// <summary>The output that tells the service's own id; a state that has it names an object that was read or made before.</summary>
    public abstract string IdProperty { get; }

    /// <summary>The input that is named automatically.</summary>
    protected abstract string NameProperty { get; }

    /// <summary>Normalises, completes and validates inputs; every problem is reported at once, none with a secret in it.</summary>
    public CheckResult Check(CheckRequest request, Session session)
    {
        var failures = new CheckFailures(Schema.Inputs, request.News);
        var inputs = SchemaCheck.Normalise(Schema.Inputs, request.News, failures);
        if (AutoName.Choose(request, NameProperty, AutoNameLimit, failures) is { } name) inputs[NameProperty] = name;
        Complete(inputs, request, session, failures);
        inputs = SchemaCheck.WithDefaults(Schema.Inputs, inputs);
        var scope = new RuleScope(inputs, request.Olds, failures, session.Now);
        foreach (var rule in Rules) rule.Apply(scope);
        CheckAgainstOthers(request.Urn, inputs, session, failures);
        return new(MarkSecrets(inputs), failures.ToList());
    }

    /// <summary>
    /// Refuses inputs that no Check has let pass. An engine never sends such to Create or Update, and nothing behind could make sense of them.
    /// </summary>
    public void RefuseUnchecked(PropertyMap inputs, Session session)
    {
        var failures = new CheckFailures(Schema.Inputs, inputs);
        var normal = SchemaCheck.WithDefaults(Schema.Inputs, SchemaCheck.Normalise(Schema.Inputs, inputs, failures));
        // Compared with themselves: what may not be chosen any more may still be in force.
        var scope = new RuleScope(normal, normal, failures, session.Now);
        foreach (var rule in Rules) rule.Apply(scope);
        if (failures.Count == 0) return;

        var reasons = string.Join(" ", failures.ToList().Select(failure => $"{failure.Property} {failure.Reason}.".Trim()));
        throw new ProviderException(ProviderStatus.InvalidArgument, $"The inputs have not passed Check. {reasons}");
    }

    /// <summary>Says what a change does.</summary>
    public abstract DiffResult Diff(DiffRequest request, Session session);

    public abstract Task<CreateResult> CreateAsync(CreateRequest request, Session session, CancellationToken cancellation);

    /// <summary>Reads what exists; null means gone.</summary>
    public abstract Task<ReadResult?> ReadAsync(ReadRequest request, Session session, CancellationToken cancellation);

    public abstract Task<UpdateResult> UpdateAsync(UpdateRequest request, Session session, CancellationToken cancellation);

    public abstract Task DeleteAsync(DeleteRequest request, Session session, CancellationToken cancellation);

    /// <summary>Fills in what neither the program nor the schema states, and normalises what the schema has no type for (times).</summary>
    protected abstract void Complete(PropertyMap inputs, CheckRequest request, Session session, CheckFailures failures);

    /// <summary>Adds a failure where these inputs cannot work together with those of another resource of this run.</summary>
    protected virtual void CheckAgainstOthers(string urn, PropertyMap inputs, Session session, CheckFailures failures)
    {
    }

    /// <summary>Marks what must be secret in inputs or outputs.</summary>
    protected abstract PropertyMap MarkSecrets(PropertyMap values);

    /// <summary>The schema's type of a field.</summary>
    public TypeSchema TypeOf(Field field) => Schema.Inputs.Properties[field.Name].Type;

    /// <summary>The changed inputs, defaults filled in on both sides.</summary>
    protected IReadOnlyList<PropertyChange> Compare(PropertyMap oldInputs, PropertyMap news, IReadOnlyList<string> ignoreChanges) =>
        SchemaDiff.Compare(Schema.Inputs, oldInputs, news, ignoreChanges);

    /// <summary>The top-level input a change is in.</summary>
    protected static string RootOf(PropertyChange change) => PropertyPath.Parse(change.Path).RootName!;

    /// <summary>The outputs of a preview: what is stated, and unknown for what only the service can tell.</summary>
    protected PropertyMap PreviewOutputs(PropertyMap inputs, PropertyMap olds)
    {
        var outputs = new PropertyMap(inputs);
        foreach (var (name, property) in Schema.Outputs.Properties)
        {
            // An optional input that is not stated stays absent; one that is always present has a value from the service.
            if (outputs.ContainsKey(name) || (Schema.Inputs.Properties.ContainsKey(name) && !property.Required)) continue;
            outputs[name] = olds.TryGetValue(name, out var old) ? old : PropertyValue.Unknown;
        }

        return outputs;
    }

    /// <summary>
    /// The inputs that describe what the service holds. A value that means the same as the old one keeps the old form and its marks; where
    /// the service tells nothing the old value stays; a value equal to its default is left out unless it was stated before.
    /// </summary>
    protected PropertyMap ReadInputs(LiveObject answer, PropertyMap oldInputs)
    {
        var inputs = new PropertyMap();
        foreach (var field in Fields)
        {
            var old = oldInputs[field.Name];
            var property = Schema.Inputs.Properties[field.Name];
            var read = field.FromResponse(answer, property.Type);
            var value = read is null
                ? Forgotten(field, old)
                : old is not null && Means(field.Name, old, read) ? old : Addresses.Told(old, read);
            if (value is null || (old is null && property.Default is { } byDefault && PropertyValue.SameValue(value, byDefault))) continue;
            inputs[field.Name] = value;
        }

        return MarkSecrets(inputs);
    }

    /// <summary>What an input is taken for when the answer does not tell it.</summary>
    protected virtual PropertyValue? Forgotten(Field field, PropertyValue? old) => old;

    /// <summary>Whether the service's form of a value means what the old input says.</summary>
    public virtual bool Means(string name, PropertyValue old, PropertyValue read) => PropertyValue.SameValue(old, read);

    /// <summary>Longest name that is made up here; a stated one may be as long as the service takes it.</summary>
    const int AutoNameLimit = 128;
}
