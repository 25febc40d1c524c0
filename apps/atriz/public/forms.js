/** Forms whose answers and faults are told to everybody: in the live region, and at the field that is wrong. */
import { ProblemError } from '/sign-on/sign-on.js';

/** Says something in the live region; `kind` is `right`, `wrong` or nothing. */
export function tell(text, kind = '') {
  const message = document.getElementById('message');
  message.dataset.kind = kind;
  message.textContent = text;
}

/** Tells what went wrong: the service's own words, or that it cannot be reached. */
export function tellFailure(error) {
  if (!(error instanceof ProblemError)) {
    tell('The service cannot be reached. Please try again.', 'wrong');
    return;
  }
  const { message, retryAfterSeconds } = error;
  const later = retryAfterSeconds === undefined ? '' : ` Try again in ${retryAfterSeconds} s.`;
  tell(`${message.charAt(0).toUpperCase()}${message.slice(1)}.${later}`, 'wrong');
}

/**
 * Runs `send` with the form's values at each submit, one at a time. A `ProblemError` is told, with the fields that it
 * names marked; passwords are emptied in any case.
 */
export function onSubmit(id, send) {
  const form = document.getElementById(id);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = form.querySelector('button:not([type="button"])');
    if (button.disabled) return;
    button.disabled = true;
    unmark(form);
    tell('');
    try {
      await send(readForm(form), form);
    } catch (error) {
      tellFailure(error);
      mark(form, error.errors ?? []);
    } finally {
      button.disabled = false;
      for (const field of form.querySelectorAll('input[type="password"]')) field.value = '';
    }
  });
}

/** A form's values by name: check boxes as booleans. */
function readForm(form) {
  return Object.fromEntries(
    [...form.elements]
      .filter(({ name }) => name)
      .map((field) => [field.name, field.type === 'checkbox' ? field.checked : field.value]),
  );
}

/** Puts values into the fields of their names. */
export function fillForm(id, values) {
  const { elements } = document.getElementById(id);
  for (const [name, value] of Object.entries(values)) {
    const field = elements.namedItem(name);
    if (field === null) continue;
    if (field.type === 'checkbox') field.checked = value;
    else field.value = value ?? '';
  }
}

function mark(form, errors) {
  for (const { path, message } of errors) {
    const field = form.elements.namedItem(path.split('/').at(-1));
    if (field === null) continue;
    const fault = document.createElement('span');
    fault.className = 'fault';
    fault.id = `${form.id}-${field.name}-fault`;
    fault.textContent = message;
    field.after(fault);
    field.setAttribute('aria-invalid', 'true');
    field.setAttribute('aria-errormessage', fault.id);
  }
  form.querySelector('[aria-invalid]')?.focus();
}

function unmark(form) {
  for (const fault of form.querySelectorAll('.fault')) fault.remove();
  for (const field of form.querySelectorAll('[aria-invalid]')) {
    field.removeAttribute('aria-invalid');
    field.removeAttribute('aria-errormessage');
  }
}
